package journal

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPause expects records to be written once in a pause, and before it ends if the ring is a quarter full.
func TestPause(t *testing.T) {
	for _, pause := range []time.Duration{0, 5 * time.Millisecond, time.Second} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			j, err := Open(Config{Dir: dir, RingBytes: 16 << 10, Durability: SyncGroup, Pause: pause})
			if err != nil {
				t.Fatal(err)
			}
			rec := j.Recorder()
			want := pause
			if want == 0 {
				want = 50 * time.Millisecond // as the documentation says
			}
			synctest.Wait() // the writer sleeps
			rec.Append(KindLog, 0, 0, 1, []byte("x"))
			rec.Commit()
			time.Sleep(want - 1)
			if s := j.Stats(); s.Written != 0 {
				t.Errorf("pause %v: %d records are written before it ends", want, s.Written)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if s := j.Stats(); s.Written != 1 || s.Synced != 1 {
				t.Errorf("pause %v: %d records are written, %d durable when it ends", want, s.Written, s.Synced)
			}
			for range 2 {
				rec.Append(KindLog, 0, 0, 2, make([]byte, 3<<10))
			}
			rec.Commit()
			synctest.Wait()
			if s := j.Stats(); s.Written != 3 {
				t.Errorf("pause %v: %d records are written when the ring is a third full", want, s.Written)
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
