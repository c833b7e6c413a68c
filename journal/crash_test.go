package journal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
)

// testSeeds is how many seeds are played.
const testSeeds = 100

// TestCrash appends, rotates and syncs while the power goes off at random: all that Synced said is read again, in
// order, and nothing else; a writer goes on from there.
func TestCrash(t *testing.T) {
	torn, crashes := 0, 0
	for seed := range uint64(2 * testSeeds) {
		r := rand.New(rand.NewPCG(seed, 3))
		clock := new(testClock)
		d := newDisk()
		for range 4 { // runs
			c := small(d, clock)
			c.Durability = [...]Durability{SyncInterval, SyncNone, SyncGroup, SyncEach}[r.IntN(4)]
			c.Pause = pauseMin
			j := open(t, c)
			rec := j.Recorder()
			for range r.IntN(30) {
				add(rec, r.IntN(20))
				rec.Commit()
				if r.IntN(8) == 0 {
					if err := j.Sync(); err != nil {
						t.Fatal(err)
					}
				}
			}
			for written := r.IntN(2) == 0; written && j.Stats().Written < rec.Seq(); {
				runtime.Gosched() // until there is something that is not durable, and can be torn
			}
			synced := rec.Synced()
			next := d.crash(r, true)
			appended := rec.Seq()
			closed(t, j)
			got := readDisk(t, next)
			crashes++
			if got.torn > 0 {
				torn++
			}
			if c.Durability == SyncNone && got.err != nil {
				break // a segment was begun before the one before was durable
			}
			if got.err != nil || got.last < synced || got.last > appended || got.lost != 0 {
				t.Fatalf("seed %d, durability %d: up to %d, synced %d, appended %d: %v",
					seed, c.Durability, got.last, synced,
					appended, got.err)
			}
			d = next
		}
	}
	if t.Logf("%d crashes, %d with a torn end", crashes, torn); torn < 10 {
		t.Errorf("only %d torn", torn)
	}
}

// TestFailingCalls lets each call of the file system fail in turn, once or from then on: nothing panics, what was
// synced is read again, what is missing is counted, and the policy is called once for each outage.
func TestFailingCalls(t *testing.T) {
	recovered, opened := 0, 0
	for _, c := range []struct {
		policy     FailurePolicy
		durability Durability
		step       int // the calls after the failing one fail, too, in each so many
	}{
		{FailHalt, SyncNone, 9},
		{FailContinue, SyncGroup, 3},
		{FailStop, SyncGroup, 9},
		{FailContinue, SyncInterval, 9},
	} {
		for at := 1; at < 120; at++ {
			for _, once := range []bool{true, false} {
				if !once && at%c.step != 0 {
					continue
				}
				switch runFailing(t, at, once, c.policy, c.durability) {
				case outageAtOpen:
					opened++
				case outageSurvived:
					recovered++
				}
			}
		}
	}
	t.Logf("%d outages were survived, %d at opening", recovered, opened)
	if recovered < 50 || opened < 10 {
		t.Errorf("%d outages were survived, %d at opening", recovered, opened)
	}
}

const (
	outageNone = iota
	outageAtOpen
	outageSurvived
)

// runFailing writes a journal while a call fails, and says what came of it.
func runFailing(t *testing.T, at int, once bool, policy FailurePolicy, durability Durability) (outage int) {
	t.Helper()
	what := fmt.Sprintf("call %d, once %v, policy %d, durability %d", at, once, policy, durability)
	clock, d := new(testClock), newDisk()
	c := small(d, clock)
	c.OnFailure, c.Durability = policy, durability
	var failures []error
	c.Failed = func(err error) { failures = append(failures, err) }
	d.setFail(func(call int, _, _ string) error {
		if call == at || call > at && !once {
			return errDisk
		}
		return nil
	})
	j, err := Open(c)
	if err != nil {
		if !errors.Is(err, errDisk) || len(failures) != 0 {
			t.Fatalf("%s: opened with %v, told %d times", what, err, len(failures))
		}
		return outageAtOpen
	}
	r := j.Recorder()
	for range 25 {
		add(r, 10)
		r.Commit()
		_ = j.Sync()
		clock.advance(int64(retryEvery))
	}
	add(r, 3)
	r.Commit()
	err = j.Close()
	synced, s := r.Synced(), j.Stats()
	checkFailures(t, failures, policy)
	if err != nil != (s.Failed != nil) || len(failures) == 0 && err != nil {
		t.Fatalf("%s: closed with %v, stats %+v", what, err, s)
	}
	d.setFail(nil)
	got := readDisk(t, d)
	if got.err != nil || got.last < synced || synced > r.Seq() {
		t.Fatalf("%s: %+v, synced %d of %d", what, got, synced, r.Seq())
	}
	if err == nil && (got.last != r.Seq() || s.Lost != got.lost || uint64(len(got.records))+got.lost != got.last) {
		t.Fatalf("%s: %d records, %d lost, up to %d of %d; %+v", what, len(got.records), got.lost, got.last, r.Seq(), s)
	}
	checkReopen(t, d, got)
	if len(failures) > 0 && err == nil {
		return outageSurvived
	}
	return outageNone
}

func checkFailures(t *testing.T, failures []error, policy FailurePolicy) {
	t.Helper()
	if len(failures) > 1 {
		t.Fatalf("told %d times: %v", len(failures), failures)
	}
	for _, err := range failures {
		var typed *DiskError
		if !errors.As(err, &typed) || typed.Then != policy || typed.Op == "" || typed.Path == "" ||
			!errors.Is(err, errDisk) {
			t.Fatalf("told %v", err)
		}
	}
}

// TestSyncFails: what a failed sync leaves in doubt is counted as lost, for the system may have dropped it.
func TestSyncFails(t *testing.T) {
	clock, d := new(testClock), newDisk()
	c := small(d, clock)
	told := 0
	c.Failed = func(error) { told++ }
	j := open(t, c)
	r := j.Recorder()
	add(r, 5)
	r.Commit()
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	d.setFail(func(_ int, op, _ string) error {
		if op == "sync" {
			return errDisk
		}
		return nil
	})
	add(r, 4)
	r.Commit()
	if err := j.Sync(); !errors.Is(err, errDisk) {
		t.Errorf("sync: %v", err)
	}
	if s := j.Stats(); !errors.Is(s.Failed, errDisk) || s.Synced != 5 || s.Lost != 4 || s.Written != 5 {
		t.Errorf("stats: %+v", s)
	}
	add(r, 3)
	r.Commit()
	d.setFail(nil)
	clock.advance(int64(2 * retryEvery))
	for r.ring.wake(); j.Stats().Failed != nil; r.ring.wake() {
	}
	add(r, 2)
	r.Commit()
	closed(t, j)
	got := readDisk(t, d)
	if got.err != nil || got.lost != 7 || len(got.records) != 7 || got.last != 14 || told != 1 {
		t.Errorf("%+v, told %d times", got, told)
	}
}

// TestEarlyFailure: a segment that could not be made in advance is made when it is needed.
func TestEarlyFailure(t *testing.T) {
	clock, d := new(testClock), newDisk()
	c := small(d, clock)
	c.Failed = func(err error) { t.Errorf("told %v", err) }
	j := open(t, c)
	r := j.Recorder()
	failed := 0
	d.setFail(func(_ int, op, _ string) error {
		if op == "allocate" && failed == 0 {
			failed++
			return errDisk
		}
		return nil
	})
	for j.Stats().Segment < 3 {
		add(r, 1)
		r.Commit()
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, j)
	if got := readDisk(t, d); got.err != nil || got.lost != 0 || failed != 1 || got.last != r.Seq() {
		t.Errorf("%d records, %d lost, %d calls failed, %v", len(got.records), got.lost, failed, got.err)
	}
}

// TestDiskFull: a disk that is full costs the records until there is room again, and says how many.
func TestDiskFull(t *testing.T) {
	for _, durability := range []Durability{SyncInterval, SyncGroup} {
		d := newDisk()
		c := small(d, new(testClock))
		c.Durability = durability
		fillDisk(t, c, fullDisk{
			err:  syscall.ENOSPC,
			fill: func() error { d.setRoom(3*segmentBytesMin + 5000); return nil },
			free: func() error { d.setRoom(0); return nil },
		}, 200)
	}
}

// fullDisk is a disk that can be made full, and have room again.
type fullDisk struct {
	err        syscall.Errno // of what fails then
	fill, free func() error
}

// fillDisk writes until a disk is full, which takes least records: what was written is read, what was not is counted,
// and when there is room again the journal goes on.
func fillDisk(t *testing.T, c Config, d fullDisk, least int) {
	clock, failures := new(testClock), []error{}
	c.OnFailure, c.Clock, c.Wall = FailContinue, clock.read, clock.wall
	c.Failed = func(err error) { failures = append(failures, err) }
	j := open(t, c)
	r := j.Recorder()
	read := func() content {
		got, err := OpenDir(c.Dir, ReaderConfig{FS: c.FS})
		return readAll(t, got, err)
	}
	if err := d.fill(); err != nil {
		t.Fatal(err)
	}
	for j.Stats().Failed == nil {
		add(r, 10)
		r.Commit()
		_ = j.Sync()
	}
	kept := j.Stats().Written
	add(r, 500)
	r.Commit()
	_ = j.Sync()
	if got := read(); got.err != nil || got.last != kept || len(got.records) < least {
		t.Errorf("full: %d records, up to %d of %d, %v", len(got.records), got.last, kept, got.err)
	}
	if err := d.free(); err != nil {
		t.Fatal(err)
	}
	clock.advance(int64(2 * retryEvery))
	for r.ring.wake(); j.Stats().Failed != nil; r.ring.wake() {
	}
	add(r, 10)
	r.Commit()
	closed(t, j)
	got, s := read(), j.Stats()
	if got.err != nil || got.lost < 500 || got.lost != s.Lost || got.last != r.Seq() {
		t.Errorf("room again: %d records, %d lost, up to %d of %d, %v, %+v",
			len(got.records), got.lost, got.last, r.Seq(), got.err, s)
	}
	if len(failures) != 1 || !errors.Is(failures[0], d.err) {
		t.Errorf("failures %v", failures)
	}
	t.Logf("%d records until it was full, %d lost", kept, s.Lost)
}
