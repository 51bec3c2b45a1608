package leave

import "andu/domain"

// WithdrawBalance takes back an opening balance that an import brought in wrongly, as if it had never been entered.
type WithdrawBalance struct {
	Of     string `json:"of" doc:"id of the event that entered it" minLength:"1" maxLength:"60"`
	Import string `json:"import" doc:"id of the import" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" doc:"why the import was wrong" minLength:"1" maxLength:"1000"`
}

// Decide lets the keeper of the register withdraw a balance that stands as the import entered it.
func (c WithdrawBalance) Decide(l Ledger, act domain.Act) ([]Event, error) {
	e, ok := l.Entries[c.Of]
	if !ok {
		return nil, nil
	}
	if err := l.books(act, l.Person); err != nil {
		return nil, err
	}
	switch {
	case !e.Open:
		return nil, ErrEntry
	case blank(c.Reason):
		return nil, ErrSource
	}
	return []Event{BalanceWithdrawn{Of: c.Of, Person: l.Person, Import: c.Import, Reason: c.Reason}}, nil
}

// BalanceWithdrawn takes the place of the entry that it names: nothing was entered.
type BalanceWithdrawn struct {
	Of     string `json:"of"`
	Person string `json:"person"`
	Import string `json:"import"`
	Reason string `json:"reason"`
}

// Corrects names the entry.
func (e BalanceWithdrawn) Corrects() string { return e.Of }

// Evolve leaves whose ledger it is, in the place of the entry.
func (e BalanceWithdrawn) Evolve(l Ledger) Ledger { l.Person = e.Person; return l }
