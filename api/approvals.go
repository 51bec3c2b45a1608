package api

import (
	"andu/commands"
	"andu/domain/approvals"
)

// approvals are the routes of cases. Every form sends If-Match: a decision is taken on what was shown, or not at all.
func (a *API) approvals() {
	c, work := approvals.Context, commands.Work
	create[approvals.OpenCase](a, "/approvals", work, c, "Ask for an approval")
	on[approvals.Route](a, "/approvals/{id}/routing", work, c, "Route the case anew by the authority table in force")
	on[approvals.See](a, "/approvals/{id}/views", work, c, "Record that the step was seen")
	on[approvals.ReviewLegality](a, "/approvals/{id}/legality-reviews", work, c, "Record the legal review before signing")
	on[approvals.Approve](a, "/approvals/{id}/approval", work, c, "Approve the step")
	on[approvals.Disapprove](a, "/approvals/{id}/disapproval", work, c, "Refuse the step")
	on[approvals.ReturnToStep](a, "/approvals/{id}/returns", work, c, "Return the case to an earlier step")
	on[approvals.WriteInstruction](a, "/approvals/{id}/instruction", work, c, "Write an instruction (批示)")
	on[approvals.CorrectOpinion](a, "/approvals/{id}/corrections", work, c, "Correct one's own opinion; the first stays")
	on[approvals.AddSigner](a, "/approvals/{id}/signers", work, c, "Add a signer before or after (加签)")
	on[approvals.Transfer](a, "/approvals/{id}/transfers", work, c, "Transfer the step (转办)")
	on[approvals.Escalate](a, "/approvals/{id}/escalations", work, c, "Ask again for the post above, where nobody was found when the time was over")
	on[approvals.Entrust](a, "/approvals/{id}/entrustments", work, c, "Entrust the step to a person (委托)")
	on[approvals.RaiseDispute](a, "/approvals/{id}/disputes", work, c, "Raise a dispute")
	on[approvals.ProposeOpinion](a, "/approvals/{id}/proposals", work, c, "Propose an opinion on a dispute")
	on[approvals.RecordBodyDecision](a, "/approvals/{id}/meeting-decisions", work, c, "Record what a meeting decided")
	on[approvals.Withdraw](a, "/approvals/{id}/withdrawal", work, c, "Withdraw one's own request")

}
