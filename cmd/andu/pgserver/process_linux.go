package pgserver

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// canSeeProcesses says whether processes finds all that belong to a cluster.
const canSeeProcesses = true

// attributes run the postmaster as who, in a process group of its own, so that Ctrl-C reaches Andu first, which still needs its
// database to stop in order. When Andu is killed, the kernel asks the postmaster for a fast shutdown.
func attributes(who *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who, Setpgid: true, Pdeathsig: syscall.SIGINT}
}

// processes lists the processes of the cluster in data: PostgreSQL's processes, and no others, work in the data directory.
func processes(data string) []int {
	var found []int
	dirs, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, dir := range dirs {
		if at, err := os.Readlink(dir); err == nil && at == data {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
			found = append(found, pid)
		}
	}
	return found
}
