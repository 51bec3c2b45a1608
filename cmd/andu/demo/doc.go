// Package demo makes demonstration offices and lets them live: it sets an office up with its posts, people, regulations
// and calendar, and writes a history of everything it does. All goes through the same commands that the product takes,
// in the name of a person whom the office's own rules allow; the same seed gives the same history. The volumes are those
// of the load model (catalogue 6.2), by one file for each part of the office's life.
//
// The odd cases of the catalogue (section 8), and where they occur:
//
//	G1   sign-in after the cut-off, tried again; a terminal's batch within and after its grace   mornings.go comesLate, bringsBatch
//	G2   forgotten sign-ins, days that wait for a phone-in, objections won and lost              mornings.go mornings, objection
//	G3   leave of every tier, without the written form, of those who approve themselves          absences.go isAsked
//	G4   leaves next to each other that are added up                                             absences.go isAsked, isExtended
//	G5   phone-ins with papers in time, late and never; a call too late                          absences.go isPhoned, bringsPapers
//	G6   a calendar that changes: leave, time limits, rosters and sheets follow                  storm.go
//	G9   rosters in time and late, not approved, with a night forgotten, unevenly spread         watch.go drafts, issues
//	G10  swaps: accepted, declined, unanswered, told too late, without a reason, with a stranger watch.go swap
//	G11  a handover refused, and one taken late                                                  watch.go isTaken
//	G12  items taken with a remark, unanswered items, what is settled later                      watch.go isTaken, isSettled
//	G13  stand-ins in time and too long, by who may not                                          watch.go standsIn
//	G16  opinions corrected after they were written                                              papers.go isInstructed
//	G17  a slip that goes on whatever becomes of its paper; passed by, recalled, stopped         circulating.go
//	G18  a right taken away while the paper is read                                              openings.go losesScope, wish
//	G23  numbers void between numbers in use                                                     papers.go spoilsALine
//	G28  a step whose time runs out, a post that is vacant: escalated, never approved            papers.go isProposed, absences.go isDecided
//	G29  officers who would open papers, and who ask for the trail                               openings.go isDenied, looksAtTrail
package demo
