package stages

import (
	"bytes"
	"os"
	"runtime"
	"strconv"

	"github.com/smk-go/smk/engine"
)

// Footprint is the memory of one connection with default settings, in bytes.
type Footprint struct {
	Heap     int64 // on the Go heap, as the garbage collector counts it
	Resident int64 // pages of the process, the heap's and the others together; 0 if the system does not tell
}

// footprintEngines is how many engines Memory opens: the more, the less does it matter what the
// runtime keeps for itself.
const footprintEngines = 16

// Memory opens engines, lets them log in, and returns what one of them holds.
func Memory() (f Footprint, err error) {
	heap, resident := memory()
	var engines []*engine.Engine
	for range footprintEngines {
		e, err := openEngine(new(conn), func(*engine.Engine) {})
		if err != nil {
			return f, err
		}
		engines = append(engines, e)
	}
	heapNow, residentNow := memory()
	for _, e := range engines {
		if err := e.Close(); err != nil {
			return f, err
		}
	}
	f.Heap = (heapNow - heap) / footprintEngines
	f.Resident = max(0, (residentNow-resident)/footprintEngines)
	return f, nil
}

// memory is what is in use once garbage is collected.
func memory() (heap, resident int64) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), pages() * int64(os.Getpagesize())
}

// pages is how many pages of the process are in memory, as Linux tells it.
func pages() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return n
}
