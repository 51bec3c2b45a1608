package recheck

// folds are the contexts whose state later events depend on.
var folds = []fold{
	{"policy", movePolicy}, {"calendar", moveCalendar}, {"org", moveOrg}, {"person", movePersons}, {"register", moveRegisters},
	{"document", moveDocuments}, {"approval", moveApprovals}, {"duty", moveDuty}, {"roster", moveRosters}, {"attendance", moveAttendance},
	{"sheet", moveSheets}, {"roll", moveRolls}, {"leave", moveLeave}, {"access", moveAccess}, {"circulation", moveCirculation}, {"import", moveImports},
}
