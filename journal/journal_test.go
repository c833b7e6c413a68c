package journal

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRoundTrip writes records of all kinds and lengths over several runs and segments, and reads them again.
func TestRoundTrip(t *testing.T) {
	d, clock := newDisk(), new(testClock)
	var want []uint64
	for run := range 3 {
		j := open(t, small(d, clock))
		r := j.Recorder()
		for range 50 {
			add(r, 7)
			r.Commit()
		}
		if s := j.Stats(); s.LagBytes < 0 || s.LagBytes > ringBytesMin {
			t.Errorf("lag is %d bytes", s.LagBytes)
		}
		closed(t, j)
		for seq := uint64(run*350 + 1); seq <= uint64(run+1)*350; seq++ {
			want = append(want, seq)
		}
		s := j.Stats()
		if s.Records != 350 || s.Written != uint64(len(want)) || s.Synced != s.Written || s.Lost != 0 ||
			s.LagBytes != 0 || s.LagRecords != 0 || s.Failed != nil || s.Syncs == 0 || s.LastSync == 0 {
			t.Errorf("stats: %+v", s)
		}
		if r.Synced() != uint64(len(want)) {
			t.Errorf("synced is %d", r.Synced())
		}
	}
	if c := readDisk(t, d); c.err != nil || !slices.Equal(c.records, want) || c.torn != 0 || c.lost != 0 {
		t.Errorf("%d records, torn %d, %v", len(c.records), c.torn, c.err)
	}
	v, err := Verify(testDir, ReaderConfig{FS: d})
	if err != nil || v.Segments < 6 || v.Sealed != v.Segments || v.Records != 1050 || v.FirstSeq != 1 ||
		v.LastSeq != 1050 ||
		v.Kinds[KindInbound] != 1050 || v.Gaps != 0 || v.FirstWall < testEpoch || v.LastWall < v.FirstWall {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestFields holds what a reader returns against what was appended.
func TestFields(t *testing.T) {
	d, clock := newDisk(), new(testClock)
	j := open(t, small(d, clock))
	r := j.Recorder()
	r.Append(KindInbound, 3, 9, 77, []byte("payload"))
	r.Append2(KindDigest, 1, 2, 78, 1<<40, 5)
	copy(r.Reserve(KindLog, 0, 2, 79, 3), "log")
	r.Append(KindOutbound, 0, 2, 80, make([]byte, r.PayloadMax()+1))
	r.Append(Kind(200), 0, 0, -1, nil)
	if b := r.Reserve(KindLog, 2, 2, 81, 1<<30); len(b) != r.PayloadMax() {
		t.Errorf("reserved %d bytes of %d", len(b), r.PayloadMax())
	}
	r.Commit()
	closed(t, j)
	reader, err := OpenDir(testDir, ReaderConfig{FS: d})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	next := func() *Record {
		rec, err := reader.Next()
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	rec := next()
	if info, err := DecodeSegment(rec.Payload); err != nil || rec.Kind != KindSegment || !rec.Own || rec.Seq != 0 ||
		info.Version != formatVersion || info.Number != 1 || info.Name != "maker" || info.ClockBase < testEpoch-10 ||
		info.ClockBase > testEpoch+10 || rec.Segment != 1 || rec.Offset != fileHeader {
		t.Errorf("segment: %+v, %+v, %v", rec, info, err)
	}
	rec = next()
	if rec.Seq != 1 || rec.Kind != KindInbound || rec.Flags != 3 || rec.Own || rec.Epoch != 9 || rec.At != 77 ||
		rec.Wall < testEpoch+67 || rec.Wall > testEpoch+87 || string(rec.Payload) != "payload" {
		t.Errorf("appended: %+v", rec)
	}
	rec = next()
	if a, b, err := DecodeWords(rec.Payload); err != nil || a != 1<<40 || b != 5 || rec.Kind != KindDigest ||
		rec.Flags != 1 {
		t.Errorf("words: %+v, %v", rec, err)
	}
	if rec = next(); string(rec.Payload) != "log" || rec.Kind != KindLog {
		t.Errorf("reserved: %+v", rec)
	}
	if rec = next(); len(rec.Payload) != j.Recorder().PayloadMax() || rec.Flags != FlagTruncated {
		t.Errorf("truncated: %d bytes, flags %x", len(rec.Payload), rec.Flags)
	}
	if rec = next(); rec.Kind.String() != "kind 200" || len(rec.Payload) != 0 || rec.At != -1 {
		t.Errorf("of a later version: %+v", rec)
	}
	if rec = next(); len(rec.Payload) != j.Recorder().PayloadMax() || rec.Flags != FlagTruncated|2 {
		t.Errorf("reserved too much: %d bytes, flags %x", len(rec.Payload), rec.Flags)
	}
	rec = next()
	if info, err := DecodeSeal(rec.Payload); err != nil || rec.Kind != KindSeal || !rec.Own ||
		info != (SealInfo{FirstSeq: 1, LastSeq: 6, Records: 6}) {
		t.Errorf("seal: %+v, %v", info, err)
	}
	for range 2 {
		if _, err := reader.Next(); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
	}
	for _, decode := range []func() error{
		func() error { _, err := DecodeSegment([]byte("x")); return err },
		func() error { _, err := DecodeSeal([]byte("x")); return err },
		func() error { _, err := DecodeLost(make([]byte, lostPayload)); return err },
		func() error { _, err := DecodeGC([]byte("x")); return err },
		func() error { _, _, err := DecodeWords([]byte("x")); return err },
	} {
		if err := decode(); !errors.Is(err, ErrPayload) {
			t.Errorf("another payload: %v", err)
		}
	}
}

// TestRewind drops what is not committed, and keeps what is.
func TestRewind(t *testing.T) {
	d := newDisk()
	c := small(d, new(testClock))
	j := open(t, c)
	r := j.Recorder()
	old := r.Mark()
	for range 100 { // over the end of the ring
		add(r, 3)
		r.Commit()
		if err := j.Sync(); err != nil { // a full ring commits by itself
			t.Fatal(err)
		}
		m := r.Mark()
		add(r, 2)
		r.Rewind(m)
		r.Commit()
	}
	add(r, 1)
	r.Rewind(old) // older than the last commit
	if r.Seq() != 300 {
		t.Errorf("last is %d", r.Seq())
	}
	add(r, 1)
	r.Commit()
	closed(t, j)
	if got := readDisk(t, d); got.err != nil || len(got.records) != 301 || got.last != 301 {
		t.Errorf("%d records, last %d, %v", len(got.records), got.last, got.err)
	}
}

// TestKinds: each kind has a name, and those of the writer are refused.
func TestKinds(t *testing.T) {
	seen := make(map[string]bool)
	for k := KindSegment; k <= KindEnd; k++ {
		if s := k.String(); seen[s] || strings.HasPrefix(s, "kind ") {
			t.Errorf("%d is %q", k, s)
		}
		seen[k.String()] = true
	}
	j := open(t, small(newDisk(), new(testClock)))
	defer closed(t, j)
	r := j.Recorder()
	for _, f := range []func(Kind){
		func(k Kind) { r.Append(k, 0, 0, 0, nil) },
		func(k Kind) { r.Append2(k, 0, 0, 0, 1, 2) },
		func(k Kind) { r.Reserve(k, 0, 0, 0, 1) },
	} {
		for k := range KindInbound {
			func() {
				defer func() {
					if s, _ := recover().(string); !strings.HasPrefix(s, "BUG: journal: ") {
						t.Errorf("%v: panicked with %q", k, s)
					}
				}()
				f(k)
			}()
		}
	}
	if r.Seq() != 0 {
		t.Errorf("%d records", r.Seq())
	}
}

// TestConfig: each setting out of its limits is refused by name.
func TestConfig(t *testing.T) {
	for field, change := range map[string]func(*Config){
		"Dir":          func(c *Config) { c.Dir = "" },
		"Name":         func(c *Config) { c.Name = strings.Repeat("x", NameBytesMax+1) },
		"RingBytes":    func(c *Config) { c.RingBytes = 5000 },
		"SegmentBytes": func(c *Config) { c.SegmentBytes = 1000 },
		"OnFull":       func(c *Config) { c.OnFull = 9 },
		"Durability":   func(c *Config) { c.Durability = 9 },
		"OnFailure":    func(c *Config) { c.OnFailure = 9 },
		"Interval":     func(c *Config) { c.Interval = -1 },
		"Pause":        func(c *Config) { c.Pause = time.Microsecond },
		"KeepBytes":    func(c *Config) { c.KeepBytes = -1 },
		"KeepFor":      func(c *Config) { c.KeepFor = -1 },
	} {
		c := small(newDisk(), new(testClock))
		change(&c)
		_, err := Open(c)
		var typed *ConfigError
		if !errors.As(err, &typed) || typed.Field != field || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestSecondWriter: a folder has one writer at a time, with the system's files too.
func TestSecondWriter(t *testing.T) {
	for _, c := range []Config{small(newDisk(), new(testClock)), {Dir: t.TempDir() + "/a/b"}} {
		j := open(t, c)
		_, err := Open(c)
		var typed *DiskError
		if !errors.Is(err, ErrInUse) || !errors.As(err, &typed) {
			t.Errorf("a second writer: %v", err)
		}
		closed(t, j)
		j = open(t, c)
		closed(t, j)
		if err := j.Close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
		if err := j.Sync(); !errors.Is(err, ErrClosed) {
			t.Errorf("sync after close: %v", err)
		}
	}
}
