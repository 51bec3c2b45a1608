package api

import (
	"context"
	"net/http"

	"andu/commands"
	"andu/domain"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/projections/directory"

	"github.com/danielgtaylor/huma/v2"
)

// org are the routes of organs, units, posts, appointments, delegation, people and the three officers. An office is set
// up once, by whoever installs it, and not over the network.
func (a *API) org() {
	c, organise := org.Context, commands.Organise
	onOffice[org.SetUpOrgan](a, "/organs", organise, c, "Set up an organ that the office deals with")
	onOffice[org.MergeOrgan](a, "/organs/mergers", organise, c, "Record that an organ was merged into another")
	onOffice[org.AbolishOrgan](a, "/organs/abolitions", organise, c, "Record that an organ was abolished")
	onOffice[org.SetUpUnit](a, "/units", organise, c, "Set up a unit of the office")
	onOffice[org.ChangeUnit](a, "/units/changes", organise, c, "Change a unit's name or superior")
	onOffice[org.AbolishUnit](a, "/units/abolitions", organise, c, "Abolish a unit")
	onOffice[org.CreatePost](a, "/posts", organise, c, "Create a post")
	onOffice[org.ChangePost](a, "/posts/changes", organise, c, "Change a post's title, unit or rank")
	onOffice[org.AbolishPost](a, "/posts/abolitions", organise, c, "Abolish a post")
	onOffice[org.Fill](a, "/appointments", organise, c, "Appoint a person to a post")
	onOffice[org.AppointActing](a, "/appointments/acting", organise, c, "Appoint a person to act for a post (临时主持)")
	onOffice[org.Vacate](a, "/appointments/endings", organise, c, "Record that a person left a post")
	onOffice[org.AssignPostDuty](a, "/posts/duties", organise, c, "Say what a post has to do")
	onOffice[org.SetReportingLine](a, "/posts/reporting-lines", organise, c, "Say whom a post answers to")
	onOffice[org.AssignResponsibility](a, "/responsibilities", organise, c, "Put a post in charge of a matter or unit (分管)")
	onOffice[org.EndResponsibility](a, "/responsibilities/endings", organise, c, "End being in charge")
	onOffice[org.AssignFunction](a, "/functions", organise, c, "Name a person for a function")
	onOffice[org.EndFunction](a, "/functions/endings", organise, c, "End a function")
	onOffice[org.NameSubstitute](a, "/substitutes", organise, c, "Name a substitute for an occasion")
	onOffice[org.Join](a, "/members", organise, c, "Record that a person joined the office")
	onOffice[org.Transfer](a, "/members/transfers", organise, c, "Record that a person moved between units")
	onOffice[org.StartLeaving](a, "/members/departures", organise, c, "Begin a person's leaving, with the hand-back list")
	onOffice[org.ReturnHandBackItem](a, "/members/hand-backs", organise, c, "Record that an item was handed back")
	onOffice[org.Leave](a, "/members/departures/completions", organise, c, "Complete a person's leaving")
	onOffice[org.AppointOfficer](a, "/officers", organise, c, "Appoint one of the three officers (三员)")
	onOffice[org.RelieveOfficer](a, "/officers/reliefs", organise, c, "Relieve one of the three officers")
	onOffice[org.GrantDelegation](a, "/delegations", commands.Enter, c, "Delegate a matter (授权、委托)")
	onOffice[org.EndDelegation](a, "/delegations/endings", commands.Enter, c, "End a delegation")

	p := persons.Context
	a.registerPerson()
	on[persons.Rename](a, "/persons/{id}/names", organise, p, "Record a new name")
	on[persons.CorrectRegistration](a, "/persons/{id}/corrections", organise, p, "Correct what was registered of a person")
	on[persons.ChangeContact](a, "/persons/{id}/contacts", organise, p, "Change a person's contact")
	on[persons.SignPledge](a, "/persons/{id}/pledges", organise, p, "Record a secrecy pledge")
	on[persons.GrantClearance](a, "/persons/{id}/clearances", organise, p, "Grant a clearance (涉密等级)")
	on[persons.LowerClearance](a, "/persons/{id}/clearances/reductions", organise, p, "Lower a clearance")
	on[persons.RevokeClearance](a, "/persons/{id}/clearances/revocations", organise, p, "Revoke a clearance")
	on[persons.StartDecoupling](a, "/persons/{id}/decoupling-periods", organise, p, "Begin a decoupling period (脱密期)")
	a.orgQueries()
}

// registerPerson registers a person under the id by which everything else names them: that of the path and of the body.
func (a *API) registerPerson() {
	postOne(a, created(a.operation(http.MethodPost, "/persons/{id}/registration", commands.Organise, persons.Context.Name, "Register a person's name", commandType[persons.Register]())),
		func(ctx context.Context, in *onOne[persons.Register]) (*answered, error) {
			if in.Body.Person != in.ID {
				return nil, a.problem(ctx, problemPerson)
			}
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return act(ctx, a, persons.Context, persons.Stream(in.ID), "/timelines/"+persons.Stream(in.ID), in.Body, req)
		})
}

// orgChart is the office on a day.
type orgChart struct {
	Office   directory.Office   `json:"office"`
	On       domain.Date        `json:"on"`
	Organs   []directory.Organ  `json:"organs"`
	Units    []directory.Unit   `json:"units"`
	Posts    []postRow          `json:"posts"`
	People   []directory.Person `json:"people"`
	Officers []directory.Person `json:"officers"`
}

type postRow struct {
	directory.Post
	Holders  []string           `json:"holders" doc:"persons; none: the post is vacant"`
	InCharge []directory.Charge `json:"in_charge" doc:"what the post is in charge of (分管)"`
}

func (a *API) orgQueries() {
	type input struct {
		On    domain.Date `query:"on" doc:"default today"`
		Order string      `query:"order" enum:"rank,pinyin,stroke" default:"rank" doc:"of the people: 职务, 拼音 or 笔画"`
	}
	type output struct{ Body orgChart }
	huma.Register(a.huma, a.operation(http.MethodGet, "/org", commands.Look, org.Context.Name, "The office on a day: units, posts, holders, who is in charge of what", ""),
		func(ctx context.Context, in *input) (*output, error) {
			w, _ := asker(ctx)
			day := in.On
			if day.IsZero() {
				day = domain.DateOf(w.received, a.cfg.Handler.Zone)
			}
			d, err := a.names.Names(ctx, a.cfg.Read.Pool, w.Office)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &output{Body: orgChart{Office: d.Office, On: day, Organs: d.Organs(), Units: d.Units(),
				People: d.People(directory.Order(in.Order), day), Officers: d.Officers()}}
			for _, p := range d.Posts() {
				out.Body.Posts = append(out.Body.Posts, postRow{p, d.Holders(p.ID, day), d.InCharge(p.ID, day)})
			}
			return out, nil
		})
}
