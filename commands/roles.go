package commands

import (
	"andu/domain"
	"andu/domain/org"
)

// Role is what a person may be to the system. Business roles follow from posts; the three officers (三员) are appointed
// and exclude each other and every business role.
type Role string

const (
	Staff         Role = "staff"          // holds a post of the office
	SystemAdmin   Role = "system-admin"   // 系统管理员: accounts, parameters, health
	SecurityAdmin Role = "security-admin" // 安全保密管理员: posts, clearances, users' access
	Auditor       Role = "auditor"        // 安全审计员: reads the log of the other two, grants nothing
)

// Permission is what a route asks for.
type Permission string

const (
	Work       Permission = "work"       // business of the office
	Organise   Permission = "organise"   // structure, posts, appointments, clearances
	Administer Permission = "administer" // accounts and the running system
	Audit      Permission = "audit"      // the log itself, decisions, refusals
	Enter      Permission = "enter"      // one's own session
	Look       Permission = "look"       // names, calendar, policy in force: no content of papers
	Read       Permission = "read"       // to ask for a paper: whoever may not see it is denied by the paper's own record
)

// Permissions says which roles have which permission. It is compiled in: no row of any table grants anything. None of
// the three officers works on papers or sees their content.
var Permissions = map[Permission][]Role{
	Work:       {Staff},
	Organise:   {Staff, SystemAdmin, SecurityAdmin},
	Administer: {SystemAdmin},
	Audit:      {Auditor, SecurityAdmin},
	Enter:      {Staff, SystemAdmin, SecurityAdmin, Auditor},
	Look:       {Staff, SystemAdmin, SecurityAdmin, Auditor},
	Read:       {Staff, SystemAdmin, SecurityAdmin, Auditor},
}

// Roles are the roles of a person in an office on a day.
func Roles(office org.Office, person string, on domain.Date) []Role {
	switch office.Officer(person) {
	case org.SystemAdministrator:
		return []Role{SystemAdmin}
	case org.SecurityAdministrator:
		return []Role{SecurityAdmin}
	case org.Auditor:
		return []Role{Auditor}
	}
	if len(office.PostsOf(person, on)) > 0 {
		return []Role{Staff}
	}
	return nil
}

// May tells whether any of the roles has the permission.
func May(roles []Role, p Permission) bool {
	for _, r := range roles {
		for _, allowed := range Permissions[p] {
			if r == allowed {
				return true
			}
		}
	}
	return false
}
