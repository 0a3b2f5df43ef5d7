package metrics

import (
	"bytes"
	"strings"

	vm "github.com/VictoriaMetrics/metrics"
)

// machine is what is shown of Go's runtime and of the process, under the names that
// all use. The library tells more; of the rest several break Prometheus' rules.
func machine() []*family {
	return []*family{
		{kind: "gauge", name: "go_goroutines", help: "Goroutines that there are."},
		{kind: "gauge", name: "go_info", help: "Always 1; its label names the version of Go."},
		{kind: "counter", name: "go_gc_cpu_seconds_total", help: "Time on the processors that the collection of garbage took."},
		{kind: "counter", name: "go_memstats_alloc_bytes_total", help: "Bytes that were taken from the heap."},
		{kind: "gauge", name: "go_memstats_heap_alloc_bytes", help: "Bytes of the objects of the heap."},
		{kind: "gauge", name: "go_memstats_heap_inuse_bytes", help: "Bytes of the parts of the heap that hold objects."},
		{kind: "gauge", name: "go_memstats_next_gc_bytes", help: "Size of the heap at which it is collected next."},
		{kind: "gauge", name: "go_memstats_stack_inuse_bytes", help: "Bytes of the stacks of goroutines."},
		{kind: "gauge", name: "go_memstats_sys_bytes", help: "Bytes that Go's runtime has from the system."},
		{kind: "gauge", name: "go_threads", help: "Threads of the system that were made."},
		{kind: "counter", name: "process_cpu_seconds_total", help: "Time on the processors, of the program and of the system for it."},
		{kind: "gauge", name: "process_max_fds", help: "File descriptors that the process may have open."},
		{kind: "gauge", name: "process_open_fds", help: "File descriptors that the process has open."},
		{kind: "gauge", name: "process_resident_memory_bytes", help: "Bytes of RAM that the process holds."},
		{kind: "gauge", name: "process_start_time_seconds", help: "When the process started, in Unix time."},
		{kind: "gauge", name: "process_virtual_memory_bytes", help: "Bytes of addresses that the process has mapped."},
	}
}

// machine writes it.
func (p *page) machine() {
	var told bytes.Buffer
	vm.WriteGoMetrics(&told)
	vm.WriteProcMetrics(&told)
	vm.WriteFDMetrics(&told)
	lines := map[string][]byte{}
	for line := range strings.Lines(told.String()) {
		if end := strings.IndexAny(line, "{ "); end > 0 {
			lines[line[:end]] = []byte(line)
		}
	}
	for _, f := range machine() {
		p.begin(f)
		_, _ = p.Write(lines[f.name])
	}
}
