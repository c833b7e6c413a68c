package sim

import (
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// After many connections, their garbage is returned to the system: once for all of them, and again after as
// many more.
func TestMemoryIsReleased(t *testing.T) {
	for _, k := range []struct {
		conns, rounds int
		want          uint32
	}{{releaseConns - 1, 1, 0}, {releaseConns, 1, 1}, {2*releaseConns - 1, 1, 1}, {releaseConns, 3, 3}} {
		synctest.Test(t, func(t *testing.T) {
			s, end := localServer(t, testConfig())
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range k.rounds {
				conns := make([]net.Conn, k.conns)
				for i := range conns {
					conns[i] = dialLocal(t, s)
				}
				for _, c := range conns {
					c.Close()
				}
				time.Sleep(releasePause)
				synctest.Wait()
			}
			runtime.ReadMemStats(&after)
			if got := after.NumForcedGC - before.NumForcedGC; got != k.want {
				t.Errorf("after %d times %d connections memory was released %d times, want %d",
					k.rounds, k.conns, got, k.want)
			}
			end()
		})
	}
}
