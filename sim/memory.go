package sim

import (
	"runtime/debug"
	"time"
)

const (
	releaseConns = 256         // ended connections after which memory is freed
	releasePause = time.Second // after the last of these, so that one free serves many that end together
)

// countEnded counts a connection that has ended. Its buffers are unmapped by then, but its stacks and heap
// are garbage that an idle server would not collect for minutes: after many connections it is returned to
// the system at once.
func (s *Server) countEnded() {
	if s.endedConns.Add(1) == releaseConns {
		s.freeTimer = time.AfterFunc(releasePause, func() {
			s.endedConns.Store(0)
			debug.FreeOSMemory()
		})
	}
}
