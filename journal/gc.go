package journal

import (
	"runtime/debug"
	"time"
)

// gcWatch notices garbage collections.
type gcWatch struct {
	stats debug.GCStats
	count int64
	pause time.Duration
	next  int64 // clock reading
}

func newGCWatch(now int64) *gcWatch {
	g := &gcWatch{next: now + int64(gcEvery)}
	// Room for what ReadGCStats brings, so that it does not allocate.
	g.stats.Pause = make([]time.Duration, 0, gcHistory)
	g.stats.PauseEnd = make([]time.Time, 0, gcHistory)
	debug.ReadGCStats(&g.stats)
	g.count, g.pause = g.stats.NumGC, g.stats.PauseTotal
	return g
}

// check returns the collections since it last did, if there are any and it is time.
func (g *gcWatch) check(now int64) (info GCInfo, ok bool) {
	if now < g.next {
		return info, false
	}
	g.next = now + int64(gcEvery)
	debug.ReadGCStats(&g.stats)
	n := g.stats.NumGC - g.count
	if n <= 0 {
		return info, false
	}
	info = GCInfo{Collections: uint64(n), Pause: int64(g.stats.PauseTotal - g.pause)}
	for i := range min(int(n), len(g.stats.Pause)) {
		info.PauseMax = max(info.PauseMax, int64(g.stats.Pause[i]))
	}
	g.count, g.pause = g.stats.NumGC, g.stats.PauseTotal
	return info, true
}
