package sim

import (
	"runtime/debug"
	"time"
)

const (
	releaseConns = 256         // connections that ended before memory is released
	releasePause = time.Second // after the last of these, so that many that end together are released together
)

// ended counts a connection that has ended. Its buffers are unmapped by then. What was on
// the Go heap and on stacks is garbage, which a server with nothing to do would not collect
// for minutes: after many connections it is given back to the system at once.
func (s *Server) countEnded() {
	if s.endedConns.Add(1) == releaseConns {
		s.freeTimer = time.AfterFunc(releasePause, func() {
			s.endedConns.Store(0)
			debug.FreeOSMemory()
		})
	}
}
