package recheck

// imported is one file that was brought in.
type imported struct {
	withdraws, withdrawn bool
}

// ofImports are the rules of what is brought in from old books.
var ofImports = []rule{
	{"import.begun", "import.begun", "catalogue 4.1", func(w *world, e Event) string {
		return unless(w.imports[e.Body.str("import")] == nil && e.person() && e.Body.str("by") == e.Actor.Person && e.Body.num("rows") > 0, "a new import of a person's file")
	}},
	{"import.rows", "import.rows-announced", "catalogue 4.1", func(w *world, e Event) string {
		i := w.imports[e.Body.str("import")]
		return unless(i != nil && !i.withdraws && e.person() && len(e.Body.objs("items")) > 0, "rows of an import that is not withdrawn")
	}},
	{"import.withdrawn", "import.withdrawal-begun import.withdrawn", "catalogue 4.1", func(w *world, e Event) string {
		i := w.imports[e.Body.str("import")]
		if i == nil || !e.person() {
			return "an import that was begun"
		}
		if e.Type == "import.withdrawn" {
			return unless(i.withdraws && !i.withdrawn, "a withdrawal that was begun, ended once")
		}
		return unless(!i.withdraws && e.Body.str("reason") != "", "a withdrawal with a reason, once")
	}},
}

func moveImports(w *world, e Event) {
	id := e.Body.str("import")
	i := w.imports[id]
	if i == nil {
		i = &imported{}
		w.imports[id] = i
	}
	switch e.Type {
	case "import.withdrawal-begun":
		i.withdraws = true
	case "import.withdrawn":
		i.withdrawn = true
	}
}
