package risk

import "math"

// watchdog expires if it is not reset in time.
type watchdog struct {
	period int64 // 0 if it is off
	due    int64 // the least before the first reading, the greatest once it expired or if it is off
}

func (w *watchdog) init(period int64) {
	w.period, w.due = period, math.MaxInt64
	if period > 0 {
		w.due = math.MinInt64
	}
}

// beat gives it its whole time.
func (w *watchdog) beat(now int64) {
	if w.period > 0 {
		w.due = after(now, w.period)
	}
}
