package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Machine is where the figures were taken.
type Machine struct {
	Processor   string        `json:"processor"`
	Cores       int           `json:"cores"`
	MemoryGiB   float64       `json:"memory_gib"`
	Kernel      string        `json:"kernel"`
	FileSystem  string        `json:"file_system"`
	Go          string        `json:"go"`
	PostgreSQL  string        `json:"postgresql"`
	Settings    string        `json:"settings"` // of PostgreSQL that matter here
	Flush       time.Duration `json:"flush_ns"` // median of writing 8 KiB to the disk for good
	LoadAverage string        `json:"load_average_before"`
}

// ErrNoDisk: the directory is in memory, where a commit costs nothing and a figure says nothing.
var ErrNoDisk = errors.New("the data directory is in memory: a benchmark needs a real disk")

// fileSystems by their magic number (statfs(2)).
var fileSystems = map[int64]string{0xef53: "ext", 0x58465342: "xfs", 0x9123683e: "btrfs", 0x794c7630: "overlay", 0x2fc12fc1: "zfs"}

const tmpfs, ramfs = 0x01021994, 0x858458f6

// Look says what the machine is, and refuses a directory that is not on a disk.
func Look(dir string) (Machine, error) {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version()}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return m, fmt.Errorf("look at the file system of %s: %w", dir, err)
	}
	if fs.Type == tmpfs || int64(fs.Type)&0xffffffff == ramfs {
		return m, ErrNoDisk
	}
	m.FileSystem = fileSystems[int64(fs.Type)]
	if m.FileSystem == "" {
		m.FileSystem = fmt.Sprintf("%#x", fs.Type)
	}
	m.Processor = field("/proc/cpuinfo", "model name")
	var kib float64
	_, _ = fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kib) // 0 where the system does not tell
	m.MemoryGiB = kib / (1 << 20)
	m.Kernel = line("/proc/sys/kernel/osrelease")
	m.LoadAverage = line("/proc/loadavg")
	var err error
	m.Flush, err = flush(dir)
	return m, err
}

func line(file string) string {
	text, _ := os.ReadFile(file) // another system has none
	return strings.TrimSpace(string(text))
}

func field(file, name string) string {
	for l := range strings.Lines(line(file)) {
		if key, value, ok := strings.Cut(l, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// flush is how long the disk takes for 8 KiB, the median of 200.
func flush(dir string) (time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "flush"))
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page, took := make([]byte, 8<<10), make([]time.Duration, 200)
	for i := range took {
		began := time.Now()
		if _, err := f.WriteAt(page, int64(i)*int64(len(page))); err != nil {
			return 0, err
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return 0, err
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
