package transport

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestClock begins at the wall clock, advances with the monotonic one, and converts
// readings back.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock()
		if now := c.Now(); now != time.Now().UnixNano() {
			t.Errorf("begins at %d, want the wall clock's %d", now, time.Now().UnixNano())
		}
		began := c.Now()
		time.Sleep(time.Hour)
		if d := c.Now() - began; d != int64(time.Hour) {
			t.Errorf("advanced by %v in an hour", time.Duration(d))
		}
		for _, d := range []time.Duration{-time.Minute, 0, 1, time.Hour} {
			if got, want := c.Time(c.Now()+int64(d)), time.Now().Add(d); !got.Equal(want) {
				t.Errorf("a reading %v from now is %v, want %v", d, got, want)
			}
			if got, want := c.Reading(time.Now().Add(d)), c.Now()+int64(d); got != want {
				t.Errorf("the reading %v from now is %d, want %d", d, got, want)
			}
		}
	})
}

// TestReadingsOrder has Past before and Never after every reading.
func TestReadingsOrder(t *testing.T) {
	if now := NewClock().Now(); now <= Past || now >= Never {
		t.Errorf("%d is not between Past and Never", now)
	}
}
