//go:build unix && !linux

package pgserver

import "syscall"

// canSeeProcesses says whether processes finds all that belong to a cluster. Here PostgreSQL's own check of postmaster.pid decides.
const canSeeProcesses = false

// attributes run the postmaster as who, in a process group of its own. Nothing here stops it when Andu is killed: the next start
// reports it by its process number.
func attributes(who *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who, Setpgid: true}
}

func processes(string) []int { return nil }
