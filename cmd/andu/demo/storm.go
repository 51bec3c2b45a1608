package demo

import (
	"andu/domain"
	"andu/domain/calendar"
)

// storm lets the head of the office free a day of work and have another one made up, once in a year that is long enough:
// leave, time limits, rosters and sheets are reckoned anew by what follows the calendar.
func (l *life) storm(d domain.Date) {
	if days := l.days(); l.stormed || days < 60 || l.lived < days*6/10 {
		return
	}
	l.stormed = true
	free, stream := l.workday(d, 2), calendar.Stream(l.office)
	made := free.Add(6 - int(free.Weekday()))
	l.begin(l.clockAt(d, 10, 0), once(func(l *life) {
		refused(l, calendar.Context, stream, l.pick("secretary").Actor(), calendar.OverrideDay{Date: free, Off: true, Name: "防汛停班", Reason: "暴雨红色预警"}, calendar.ErrNotAdjustable)
		by := l.staff.One("director").Actor()
		do(&l.doer, calendar.Context, stream, by, calendar.OverrideDay{Date: free, Off: true, Name: "防汛停班", Reason: "暴雨红色预警，县防汛抗旱指挥部要求停班一天"})
		if works, err := l.works(made); err == nil && !works && free.Before(made) {
			do(&l.doer, calendar.Context, stream, by, calendar.OverrideDay{Date: made, Name: "补班", Reason: "补停班一天的工作"})
		}
	}))
}
