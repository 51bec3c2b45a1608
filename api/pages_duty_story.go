package api

import (
	"fmt"
	"strings"

	"andu/domain/duty"
)

// tellDuty tells what happened at a duty post.
func (d *desk) tellDuty(l *line, event any) {
	t, fact := d.t, l.fact
	content := func(c duty.Content) {
		l.Quote = strings.TrimSpace(c.Subject)
		fact("", strings.Trim(strings.Join([]string{d.word("duty." + c.Kind), d.word("duty." + c.Urgency), c.Caller, c.Unit, c.Phone, c.Channel}, " "), " "))
		fact(t("处置：", "done: "), c.Action)
	}
	entry := func(id string) string {
		if name, ok := d.items[id]; ok {
			return name
		}
		return t("一项记录", "an entry")
	}
	switch e := event.(type) {
	case duty.PostOpened:
		l.Tone, l.Text = "green", t("设立", "kept from now on: ")+d.lineName(e.Line)+t("，由 ", ", by ")+d.name(e.Person)+t(" 值守", "")
	case duty.ShiftsPlanned:
		l.Text = fmt.Sprintf(t("排定 %d 个班次", "%d shifts planned"), len(e.Slots))
		if len(e.Dropped) > 0 {
			fact("", fmt.Sprintf(t("取消 %d 个", "%d dropped"), len(e.Dropped)))
		}
		l.Links = append(l.Links, link{rosterOf(e.Roster, e.Revision), t("值班表", "the roster")})
	case duty.ReminderSent:
		l.Text = t("提醒 ", "reminded ") + d.onDuty(e.Person, e.Posts) + t("：", ": ") + d.limit(e.Shift)
	case duty.SwapRequested:
		l.Tone, l.Text = "ochre", d.name(e.From)+t(" 请 ", " asks ")+d.name(e.With)+t(" 换班：", " to swap: ")+d.limit(e.Shift)
		fact(t("原因：", "why: "), e.Reason)
	case duty.SwapAccepted:
		l.Text = t("同意换班", "the swap is accepted")
	case duty.SwapDeclined:
		l.Text = t("不换班", "the swap is declined")
		fact(t("原因：", "why: "), e.Reason)
	case duty.SwapNoted:
		l.Text = t("换班已告知 ", "told of the swap: ") + d.nameAll(e.Told)
	case duty.ShiftReassigned:
		l.Tone, l.Text = "green", d.limit(e.Shift)+t(" 的班次由 ", " goes from ")+d.name(e.From)+t(" 换为 ", " to ")+d.name(e.To)
	case duty.StandInStarted:
		l.Tone, l.Text = "ochre", d.name(e.Person)+t(" 临时替班，至迟 ", " stands in, at most until ")+d.limit(e.Until)
		fact(t("原因：", "why: "), e.Reason)
	case duty.StandInEnded:
		l.Text = t("替班结束", "the stand-in is over")
	case duty.HandoverOffered:
		l.Tone, l.Text = "ochre", d.name(e.From)+t(" 交班给 ", " offers the watch to ")+d.onDuty(e.To, e.Posts)
		fact("", fmt.Sprintf(t("%d 件", "%d items"), len(e.Items)))
	case duty.ItemAccepted:
		l.Text = t("已接 ", "accepted: ") + entry(e.Item)
	case duty.ItemReserved:
		l.Tone, l.Text = "ochre", t("有保留地接 ", "accepted with a reservation: ")+entry(e.Item)
		l.Quote = e.Remark
	case duty.HandoverAccepted:
		l.Tone, l.Text = "green", d.name(e.To)+t(" 接班，责任自 ", " took over; responsible from ")+d.limit(e.At)+t(" 起转移", "")
		if !e.Planned.IsZero() && e.At.After(e.Planned.Time) {
			fact(t("超时 ", "overrun "), d.lasting(int64(e.At.Sub(e.Planned.Time).Seconds())))
		}
	case duty.HandoverRefused:
		l.Tone, l.Text = "seal", d.name(e.By)+t(" 不接班，原值班人员继续负责", " refused; the outgoing person stays responsible")
		fact(t("原因：", "why: "), e.Reason)
	case duty.ReservationSettled:
		l.Text = t("保留事项了结：", "reservation settled: ") + entry(e.Item)
		l.Quote = e.Text
	case duty.AlertRaised:
		l.Tone, l.Text = "seal", d.word("finding.alert:"+e.Cause)+t("，已告 ", "; told to ")+d.name(e.To)
	case duty.FindingRaised:
		l.Tone, l.Text = "seal", d.word("finding."+e.Kind)
		fact("", d.name(e.Person))
	case duty.EntryLogged:
		l.Text = fmt.Sprintf(t("记第 %d 号", "No. %d logged"), e.No)
		content(e.Content)
	case duty.EntryCorrected:
		l.Tone, l.Text = "ochre", fmt.Sprintf(t("更正第 %d 号", "No. %d corrected"), e.No)
		content(e.Content)
		fact(t("理由：", "why: "), e.Reason)
	case duty.EntryActioned:
		l.Text, l.Quote = t("马上办：", "acted on: ")+entry(e.Entry), e.Text
	case duty.EntryEscalated:
		l.Tone, l.Text, l.Quote = "ochre", t("请示 ", "asked ")+d.name(e.To)+t("：", ": ")+entry(e.Entry), e.Text
	case duty.EntryCarriedOver:
		to := t("下一班", "the next person")
		if e.To != "" {
			to = d.name(e.To)
		}
		l.Text = t("移交 ", "carried over to ") + to + t("：", ": ") + entry(e.Entry)
	case duty.EntryClosed:
		l.Tone, l.Text, l.Quote = "green", t("办结：", "closed: ")+entry(e.Entry), e.Text
	case duty.MessageRelayed:
		l.Text = t("转达 ", "relayed to ") + d.name(e.To) + t("：", ": ") + entry(e.Entry)
	case duty.RelayAcknowledged:
		l.Text = d.name(e.By) + t(" 确认收到转达", " has the message")
	case duty.FaxDue:
		l.Text = fmt.Sprintf(t("%d 份传真电报应于此时移交收文", "%d faxes had to be with the registry by now"), len(e.Entries))
	case duty.FaxTakenOver:
		l.Tone, l.Text = "green", t("收文已接办：", "taken over by the registry: ")+entry(e.Entry)
		l.Links = append(l.Links, link{d.pageOf(e.Document), t("来文", "the paper")})
	case duty.DayClosed:
		l.Text = d.date(e.Day) + fmt.Sprintf(t(" 结日，共 %d 项", " closed with %d entries"), e.Entries)
		l.Quote = e.Reflections
	case duty.Inspected:
		l.Text = t("查岗：在岗", "inspected: present")
		if !e.Present {
			l.Tone, l.Text = "seal", t("查岗：不在岗", "inspected: absent")
		}
		fact("", e.Note)
	case duty.ReachabilityProbed:
		l.Text = fmt.Sprintf(t("电话抽查，%d 秒（限 %d 秒）", "test call, %d s (limit %d s)"), e.Seconds, e.Limit)
		if !e.Answered {
			l.Text += t("，无人接听", ", nobody answered")
		}
	case duty.EmergencyKnown:
		l.Tone, l.Text, l.Quote = "seal", t("突发事件（", "an emergency (")+e.Grade+t("）：电话首报 ", "): by phone until ")+d.limit(e.PhoneDue)+t(" 前，书面首报 ", ", in writing until ")+d.limit(e.WrittenDue)+t(" 前", ""), e.What
	case duty.EmergencyReported:
		l.Text, l.Quote = t("首报（", "first report (")+d.word(e.Way)+t("）：", "): ")+e.To, e.Text
		if l.Tone = "green"; !e.Met {
			l.Tone = "seal"
			fact(t("应于 ", "by "), d.limit(e.Due))
		}
	case duty.EmergencyFollowedUp:
		l.Text, l.Quote = fmt.Sprintf(t("续报第 %d 号", "follow-up %d"), e.No), e.Text
	case duty.EmergencyClosed:
		l.Tone, l.Text, l.Quote = "green", t("终报", "final report"), e.Text
	}
}

// tellRoster tells what happened to a roster.
func (d *desk) tellRoster(l *line, event any) {
	t := d.t
	switch e := event.(type) {
	case duty.Drafted:
		l.Text = fmt.Sprintf(t("编排草案，%d 个班次", "drafted, %d shifts"), len(e.Slots))
	case duty.Approved:
		l.Tone, l.Text = "green", t("批准", "approved")
	case duty.Published:
		l.Tone, l.Text = "green", fmt.Sprintf(t("印发，应送 %d 人", "published, for %d persons"), len(e.Audience))
		l.fact(t("应于 ", "by "), d.limit(e.Deadline))
	case duty.Delivered:
		l.Text = t("送达 ", "delivered to ") + d.name(e.Person)
	case duty.Amended:
		l.Tone, l.Text = "ochre", t("调整：", "rearranged: ")+d.word("cause."+e.Cause)
		l.fact(t("理由：", "why: "), e.Reason)
	case duty.RosterFinding:
		l.Tone, l.Text = "seal", d.word("finding."+e.Kind)
		if e.Kind == duty.LoadSpread {
			l.fact("", fmt.Sprintf(t("最多 %d 班，最少 %d 班", "most %d, least %d"), e.Most, e.Least))
		}
	}
}
