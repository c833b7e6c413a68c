package journal

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestPatienceEnds: a disk that hangs without an error keeps the loop for Config.WaitMax, once; what does not fit is
// lost and counted until it goes on, and that it hangs is said.
func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		c := small(d, new(testClock))
		c.OnFull, c.WaitMax, c.OnFailure = FullWait, 2*time.Second, FailContinue
		failed := make(chan error, 8)
		c.Failed = func(err error) { failed <- err }
		j := open(t, c)
		r := j.Recorder()
		kept, lost := 0, uint64(0)
		for range 2 { // it is waited for again after it has worked
			release := d.hold()
			begun := time.Now()
			for range 400 {
				before := r.pos
				if add(r, 1); r.pos != before {
					kept++
				} else {
					lost++
				}
				r.Commit()
			}
			if waited := time.Since(begun); waited != c.WaitMax || lost == 0 {
				t.Errorf("waited for %v, %d records are lost", waited, lost)
			}
			synctest.Wait()
			var disk *DiskError
			if err := <-failed; !errors.Is(err, ErrHangs) || !errors.As(err, &disk) || disk.Then != FailContinue ||
				j.Stats().Failed != err || len(failed) != 0 {
				t.Errorf("failed with %v, %v in the figures, %d more", err, j.Stats().Failed, len(failed))
			}
			release()
			if err := j.Sync(); err != nil || j.Stats().Failed != nil {
				t.Errorf("%v, %v in the figures", err, j.Stats().Failed)
			}
		}
		closed(t, j)
		got := readDisk(t, d)
		if got.err != nil || len(got.records) != kept || got.lost != lost || got.last != r.Seq() {
			t.Errorf("%d records and %d lost, up to %d of %d, want %d and %d: %v", len(got.records), got.lost, got.last,
				r.Seq(), kept, lost, got.err)
		}
	})
}

// TestWaitAfterStop: a process that is stopped while the loop waits has lost a part of its patience, however long it
// was stopped.
func TestWaitAfterStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := small(nil, nil)
		c.WaitMax = time.Second
		ring := newRing(c.RingBytes)
		r := newRecorder(&c, ring, 0, new(atomic.Uint64))
		add(r, 20)
		r.Commit()
		got := make(chan bool)
		go func() { got <- r.awaitRoom() }()
		synctest.Wait()
		time.Sleep(r.patience.part) // the timer fires, as it does once after a stop
		synctest.Wait()
		ring.release(r.committed)
		if !<-got {
			t.Error("no room")
		}
	})
}

// TestWaitSeesLateRoom: room that is given back as patience ends is taken, and the writer does not hang.
func TestWaitSeesLateRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := small(nil, nil)
		c.WaitMax = time.Second
		ring := newRing(c.RingBytes)
		r := newRecorder(&c, ring, 0, new(atomic.Uint64))
		r.patience.ended = func() { t.Error("patience ended") }
		add(r, 20)
		r.Commit()
		got := make(chan bool)
		go func() { got <- r.awaitRoom() }()
		time.Sleep(c.WaitMax - time.Nanosecond)
		ring.head.Store(r.committed) // the writer has not come to wake the loop
		if !<-got || ring.hangs.Load() {
			t.Errorf("room is not seen, hangs %v", ring.hangs.Load())
		}
	})
}

// TestFailedOneAtATime: a disk that hangs and then fails is reported twice, in this order, and not by two goroutines at
// once, however long the first report takes.
func TestFailedOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		c := small(d, new(testClock))
		c.OnFull, c.WaitMax, c.OnFailure = FullWait, 2*time.Second, FailContinue
		var reported []error // as whoever gets reports may write without a lock
		begun, goOn := make(chan error, 2), make(chan struct{})
		c.Failed = func(err error) {
			begun <- err
			<-goOn
			reported = append(reported, err)
		}
		j := open(t, c)
		r := j.Recorder()
		release := d.hold()
		for range 400 {
			add(r, 1)
			r.Commit()
		}
		synctest.Wait()
		if err := <-begun; !errors.Is(err, ErrHangs) {
			t.Error(err)
		}
		d.setFail(func(int, string, string) error { return errDisk })
		release()
		synctest.Wait()
		if len(begun) != 0 {
			t.Errorf("%v is reported beside the hang", <-begun)
		}
		close(goOn)
		synctest.Wait()
		if len(reported) != 2 || !errors.Is(reported[0], ErrHangs) || !errors.Is(reported[1], errDisk) {
			t.Errorf("reported: %v", reported)
		}
		if err := j.Close(); !errors.Is(err, errDisk) {
			t.Error(err)
		}
	})
}
