package api

import (
	"net/http"
	"slices"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/leave"
	"andu/projections/dutyboard"
	"andu/projections/whereabouts"
)

// personRow is one person on the board.
type personRow struct{ Name, Post, Where, Tone, Place, Until, Phone string }

// whereaboutsPage is the board on the wall (去向牌): every person of the office by unit, in the order of their posts, and
// where they are. It tells that somebody is on leave and until when, never of which sort or why.
func (a *API) whereaboutsPage(w http.ResponseWriter, r *http.Request) {
	type unitRows struct {
		Name string
		Rows []personRow
	}
	type data struct {
		On, Day, Prev, Next string
		Today               bool
		Unit                string
		Units               []option
		Groups              []unitRows
		Figures             []struct {
			Word, Tone string
			N          int
		}
	}
	a.view(w, r, "whereabouts", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("去向牌", "Who is where"))
		if err != nil {
			return nil, err
		}
		q := r.URL.Query()
		day := d.today
		if on := q.Get("on"); on != "" {
			if day, err = domain.ParseDate(on); err != nil {
				return nil, problemInvalid
			}
		}
		out := data{On: day.String(), Day: d.date(day) + " " + d.t(weekdays[day.Weekday()][0], weekdays[day.Weekday()][1]), Today: day == d.today, Unit: q.Get("unit"),
			Prev: turned(r, "on", day.Add(-1).String()), Next: turned(r, "on", day.Add(1).String())}
		f.Data = &out
		where, err := d.whereOn(day)
		if err != nil {
			return nil, err
		}
		days, _, err := commands.State(d.ctx, a.cfg.Handler, calendar.Context, d.who.Office, calendar.Stream(d.who.Office))
		if err != nil {
			return nil, err
		}
		in := personRow{Where: d.t("在岗", "in"), Tone: "green"}
		if kind := days.Day(day).Kind; kind == calendar.Off || kind == calendar.Weekend {
			in = personRow{Where: d.t("休息日", "day off")}
		}
		counts, order := map[string]int{}, []string{}
		tones := map[string]string{}
		for _, p := range d.names.People("rank", day) {
			if p.Officer != "" {
				continue
			}
			unit, _ := p.On(day)
			name := d.name(unit)
			if unit == "" {
				name = d.office.Name()
			}
			if !slices.ContainsFunc(out.Units, func(o option) bool { return o.ID == unit }) {
				out.Units = append(out.Units, option{unit, name, unit == out.Unit})
			}
			if out.Unit != "" && unit != out.Unit {
				continue
			}
			row, away := where[p.ID]
			if !away {
				row = in
			}
			row.Name, row.Phone = p.Name, p.Phone
			for _, post := range d.names.PostsOf(p.ID, day) {
				row.Post = post.Title
				break
			}
			i := slices.IndexFunc(out.Groups, func(g unitRows) bool { return g.Name == name })
			if i < 0 {
				i, out.Groups = len(out.Groups), append(out.Groups, unitRows{Name: name})
			}
			out.Groups[i].Rows = append(out.Groups[i].Rows, row)
			if counts[row.Where]++; tones[row.Where] == "" {
				tones[row.Where], order = row.Tone, append(order, row.Where)
			}
		}
		for _, word := range order {
			out.Figures = append(out.Figures, struct {
				Word, Tone string
				N          int
			}{word, tones[word], counts[word]})
		}
		return f, nil
	})
}

// whereOn says where those are who are not simply in: now, if the day is today, or during another day.
func (d *desk) whereOn(day domain.Date) (map[string]personRow, error) {
	where := map[string]personRow{}
	pool, start, end := d.cfg.Read.Pool, day.Start(d.zone), day.End(d.zone)
	posts, err := dutyboard.Posts(d.ctx, pool, d.who.Office, d.now)
	if err != nil {
		return nil, err
	}
	for _, p := range posts {
		if day == d.today {
			if p.Responsible != "" {
				where[p.Responsible] = personRow{Where: d.t("值班", "on watch"), Tone: "azure", Until: d.limit(p.PlannedEnd)}
			}
			continue
		}
		shifts, err := dutyboard.Shifts(d.ctx, pool, d.who.Office, p.Stream, start, end)
		if err != nil {
			return nil, err
		}
		for _, s := range shifts {
			if s.Person != "" {
				where[s.Person] = personRow{Where: d.t("值班", "on watch"), Tone: "azure", Until: d.limit(s.End)}
			}
		}
	}
	words := map[string]string{leave.KindLeave: d.t("请假", "on leave"), leave.KindPhone: d.t("请假", "on leave"), leave.KindOuting: d.t("外出", "out"), leave.KindTrip: d.t("出差", "on a trip")}
	tones := map[string]string{leave.KindLeave: "ochre", leave.KindPhone: "ochre", leave.KindOuting: "azure", leave.KindTrip: "azure"}
	if day == d.today {
		board, err := whereabouts.Board(d.ctx, pool, d.who.Office, d.now)
		if err != nil {
			return nil, err
		}
		for _, b := range slices.Backward(board) {
			row := personRow{Where: words[b.Kind], Tone: tones[b.Kind], Place: b.Place, Until: d.back(b.BackAt)}
			if b.Overdue {
				row.Where, row.Tone = d.t("应返未报", "not reported back"), "seal"
			}
			where[b.Person] = row
		}
		return where, nil
	}
	all, err := whereabouts.OnDay(d.ctx, pool, d.who.Office, day, start, end)
	for _, b := range slices.Backward(all) {
		row := personRow{Where: words[b.Kind], Tone: tones[b.Kind], Place: b.Place, Until: d.back(b.BackAt)}
		switch {
		case b.Kind == leave.KindOuting:
		case b.From.On == day && b.From.Half == leave.PM:
			row.Where += d.t("（下午）", " (afternoon)")
		case b.To.On == day && b.To.Half == leave.AM:
			row.Where += d.t("（上午）", " (morning)")
		}
		where[b.Person] = row
	}
	return where, err
}

// back is when somebody is expected back.
func (d *desk) back(at domain.Instant) string {
	if at.IsZero() {
		return ""
	}
	if d.on(at) == d.today {
		return at.In(d.zone).Format("15:04")
	}
	return d.date(d.on(at)) + " " + at.In(d.zone).Format(time.TimeOnly)[:5]
}
