package main

import (
	"andu/projections"
	"andu/projections/directory"
	"andu/projections/dossier"
	"andu/projections/due"
	"andu/projections/dutyboard"
	"andu/projections/inbox"
	"andu/projections/register"
	"andu/projections/series"
	"andu/projections/slips"
	"andu/projections/timesheet"
	"andu/projections/trail"
	"andu/projections/whereabouts"
	"andu/projections/workload"
)

// readModels are the read models of the house. A new one is one line here and one in the test of all of them
// (projections/readmodels_test.go).
func readModels() []projections.Projection {
	return []projections.Projection{
		due.Projection,
		register.Projection,
		inbox.Projection,
		directory.Projection,
		dossier.Projection,
		series.Projection,
		dutyboard.Projection,
		whereabouts.Projection,
		slips.Projection,
		timesheet.Projection,
		trail.Projection,
		workload.Projection,
	}
}
