package journal

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// smallJournal returns a journal of three segments; the last is sealed or as a killed process leaves it.
func smallJournal(t *testing.T, sealed bool) (d *disk, records int) {
	t.Helper()
	d = newDisk()
	j := open(t, small(d, new(testClock)))
	r := j.Recorder()
	for j.Stats().Segment < 3 {
		add(r, 1)
		r.Commit()
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	add(r, 4)
	r.Commit()
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	records = int(r.Seq())
	left := d.clone()
	closed(t, j)
	if sealed {
		left = d
	}
	return left, records
}

// lastRecord returns the offset of the last record of a segment's bytes that is not the seal, and where it ends.
func lastRecord(b []byte) (at, end int) {
	for next := fileHeader; next+header <= len(b) && b[next+atKind] != 0; {
		size := recordSize(int(le.Uint32(b[next+atLength:])))
		if Kind(b[next+atKind]) != KindSeal {
			at, end = next, next+size
		}
		next += size
	}
	return at, end
}

// TestFlippedBytes changes each byte of a small journal: a reader never returns a wrong record, nor skips one, and says
// where the damage is, unless it is at the very end of a segment that is not sealed or in its seal.
func TestFlippedBytes(t *testing.T) {
	for _, sealed := range []bool{true, false} {
		d, records := smallJournal(t, sealed)
		r, err := OpenDir(testDir, ReaderConfig{FS: d})
		if all := readAll(t, r, err); all.err != nil || len(all.records) != records {
			t.Fatalf("%d records of %d, %v", len(all.records), records, all.err)
		}
		damaged, ends := 0, 0
		for number := uint64(1); number <= 3; number++ {
			b := d.file(number)
			at, end := lastRecord(b)
			for off := range b {
				again := number == 2 || number == 1 && !sealed // as in the first, when it was sealed
				behind := number == 3 && off > end+2*sealSize
				if off%sampled != 0 || again && off%32 != 0 || behind && off%512 != 0 {
					continue
				}
				b[off] ^= 1 << (off % 8)
				got := readDisk(t, d)
				last := number == 3 && off >= at
				switch {
				case got.err != nil:
					damaged++
					checkDamage(t, got.err, number, int64(off))
					if last && (off >= end || !sealed) {
						t.Errorf("segment %d, byte %d, at the end: %v", number, off, got.err)
					}
				case !last:
					t.Errorf("sealed %v, segment %d, byte %d of %d: no error", sealed, number, off, len(b))
				default:
					ends++
					if n := len(got.records); n != records && n != records-1 || got.torn == 0 && off < end {
						t.Errorf("segment %d, byte %d: %d records of %d, torn %d", number, off, n, records, got.torn)
					}
				}
				// A writer that opens it goes on, or refuses.
				if number == 3 && off%8 == 0 {
					checkReopen(t, d, got)
				}
				b[off] ^= 1 << (off % 8)
			}
		}
		t.Logf("sealed %v: %d changes are damage, %d are the end", sealed, damaged, ends)
		if damaged*sampled < 800 || ends == 0 {
			t.Errorf("sealed %v: %d changes are damage, %d are the end", sealed, damaged, ends)
		}
	}
}

func checkDamage(t *testing.T, err error, number uint64, off int64) {
	t.Helper()
	var typed *DamageError
	if !errors.As(err, &typed) || typed.Segment != number || typed.Offset > off || typed.Reason == "" ||
		!errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) {
		t.Fatalf("segment %d, byte %d: %v", number, off, err)
	}
}

// checkReopen opens a copy of a journal to write on: it is refused if a reader refuses it, and else goes on behind the
// last record.
func checkReopen(t *testing.T, d *disk, before content) {
	t.Helper()
	d = d.clone()
	j, err := Open(small(d, new(testClock)))
	if before.err != nil {
		if err == nil {
			t.Fatalf("opened in spite of %v", before.err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	add(j.Recorder(), 1)
	j.Recorder().Commit()
	closed(t, j)
	got := readDisk(t, d)
	if want := append(slices.Clone(before.records), before.last+1); got.err != nil || !slices.Equal(got.records, want) {
		t.Fatalf("went on with %d records, want %d: %v", len(got.records), len(want), got.err)
	}
}

// TestCut cuts a small journal at each offset of each segment: the records before are read, and no other; the cut is
// an end in the last segment and damage in the others.
func TestCut(t *testing.T) {
	for _, sealed := range []bool{true, false} {
		d, records := smallJournal(t, sealed)
		for number := uint64(1); number <= 3; number++ {
			b := d.file(number)
			_, end := lastRecord(b)
			for off := range b {
				again := number == 2 || number == 1 && !sealed
				if off%sampled != 0 || again && off%64 != 0 || off > end+2*sealSize && off%512 != 0 {
					continue
				}
				for _, zeros := range []bool{false, true} {
					if number < 3 && zeros == (off/sampled%2 == 0) || zeros && off >= len(b)-16 && number < 3 {
						continue // half of each; a seal ends in zeros
					}
					cut := slices.Clone(b[:off])
					if zeros {
						cut = append(cut, make([]byte, segmentBytesMin-off)...)
					}
					d.names[testDir+"/"+fileName(number)].data = cut
					got := readDisk(t, d)
					what := fmt.Sprintf("segment %d at %d, zeros %v", number, off, zeros)
					switch {
					case number == 3 && got.err != nil:
						t.Errorf("%s: %v", what, got.err)
					case number < 3 && got.err == nil:
						t.Errorf("%s: no error", what)
					case number < 3:
						checkDamage(t, got.err, number, int64(off)+8) // zeros may be where zeros were
					case len(got.records) > records || off >= end && len(got.records) != records:
						t.Errorf("%s: %d records", what, len(got.records))
					}
					for i, seq := range got.records {
						if seq != uint64(i+1) {
							t.Fatalf("%s: record %d is %d", what, i, seq)
						}
					}
					if number == 3 && off%8 == 0 {
						checkReopen(t, d, got)
					}
				}
			}
			d.names[testDir+"/"+fileName(number)].data = b
		}
	}
}

// TestMissing: a segment that is gone in the middle is damage, one at the beginning is not.
func TestMissing(t *testing.T) {
	d, records := smallJournal(t, true)
	gone := testDir + "/" + fileName(2)
	two := d.names[gone]
	delete(d.names, gone)
	var typed *DamageError
	if got := readDisk(t, d); !errors.As(got.err, &typed) || typed.Segment != 2 || typed.Path != gone {
		t.Errorf("without the second: %v", got.err)
	}
	d.names[gone+".zst"] = two
	if got := readDisk(t, d); !errors.As(got.err, &typed) {
		t.Errorf("with the second compressed: %v", got.err)
	}
	d.names[gone] = two
	delete(d.names, testDir+"/"+fileName(1))
	if got := readDisk(t, d); got.err != nil || got.last != uint64(records) || got.records[0] == 1 {
		t.Errorf("without the first: %+v", got)
	}
	three := testDir + "/" + fileName(3)
	d.names[three+".zst"] = d.names[three]
	delete(d.names, three)
	if _, err := Open(small(d, new(testClock))); !errors.As(err, &typed) || typed.Segment != 3 {
		t.Errorf("opened although the last is compressed: %v", err)
	}
}

// TestSwapped: a segment in the place of another is damage, and so are records of another one.
func TestSwapped(t *testing.T) {
	d, _ := smallJournal(t, true)
	one, two := d.names[testDir+"/"+fileName(1)], d.names[testDir+"/"+fileName(2)]
	d.names[testDir+"/"+fileName(2)] = one
	var typed *DamageError
	if got := readDisk(t, d); !errors.As(got.err, &typed) || typed.Offset != atNumber {
		t.Errorf("the first as the second: %v", got.err)
	}
	d.names[testDir+"/"+fileName(2)] = two
	// The records of the first behind the header of the second: its salt is another.
	copy(two.data[fileHeader+recordSize(segmentPayload+5):], one.data[fileHeader+recordSize(segmentPayload+5):])
	if got := readDisk(t, d); !errors.As(got.err, &typed) || typed.Segment != 2 {
		t.Errorf("records of the first in the second: %v", got.err)
	}
	le.PutUint32(two.data[atVersion:], 9)
	putFileHeader(two.data, 1, 2, 3)
	le.PutUint32(two.data[atVersion:], 9)
	mendHeader(two.data)
	if got := readDisk(t, d); !errors.Is(got.err, ErrVersion) {
		t.Errorf("another version: %v", got.err)
	}
}

// TestWrongContents: records whose checksums are right and whose contents cannot be are damage at their offset.
func TestWrongContents(t *testing.T) {
	for name, change := range map[string]func(rec []byte){
		"sequence":          func(rec []byte) { le.PutUint64(rec[atSeq:], 9) },
		"sequence of own":   func(rec []byte) { rec[atMarks] |= markOwn },
		"count of lost":     func(rec []byte) { rec[atKind] = uint8(KindLost) },
		"segment inside":    func(rec []byte) { le.PutUint64(rec[atSeq:], 2); rec[atKind], rec[atMarks] = 1, markOwn },
		"seal of others":    func(rec []byte) { le.PutUint64(rec[len(rec)-16:], 77) },
		"seal of no record": func(rec []byte) { le.PutUint64(rec[atSeq:], 2); rec[atKind], rec[atMarks] = 2, markOwn },
	} {
		d := newDisk()
		j := open(t, small(d, new(testClock)))
		add(j.Recorder(), 5)
		j.Recorder().Commit()
		closed(t, j)
		b := d.file(1)
		at := fileHeader
		for le.Uint64(b[at+atSeq:]) < 3 {
			at += recordSize(int(le.Uint32(b[at+atLength:])))
		}
		change(b[at:])
		mendRecords(b)
		records := 2
		if name == "seal of others" {
			at, records = len(b)-sealSize, 5
		}
		var typed *DamageError
		got := readDisk(t, d)
		if !errors.As(got.err, &typed) || typed.Offset != int64(at) || len(got.records) != records {
			t.Errorf("%s: %d records, %v", name, len(got.records), got.err)
		}
	}
}

// TestPlantedRecord: a payload that looks like a record, as the exchange could send one, does not make damage of the
// end that a killed process leaves.
func TestPlantedRecord(t *testing.T) {
	d := newDisk()
	j := open(t, small(d, new(testClock)))
	r := j.Recorder()
	add(r, 2)
	planted := make([]byte, recordSize(8))
	putHeader(planted, 8, 4, 0, 0, 0, KindInbound, 0, 0)
	for _, salt := range []uint32{0, 1, 1<<32 - 1} {
		le.PutUint32(planted, recordSum(salt, planted))
		r.Append(KindOutbound, 0, 0, 0, planted)
	}
	r.Commit()
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	left := d.clone()
	closed(t, j)
	b := left.file(1)
	third := fileHeader
	for le.Uint64(b[third+atSeq:]) < 3 {
		third += recordSize(int(le.Uint32(b[third+atLength:])))
	}
	b[third]++ // the records of the payloads are whole, what holds them is not
	for at := third + recordSize(len(planted)); b[at+atKind] != 0; at += recordSize(len(planted)) {
		b[at]++
	}
	if got := readDisk(t, left); got.err != nil || got.last != 2 || got.torn == 0 {
		t.Errorf("%+v", got)
	}
}

// TestPowerHoles: blocks that a power cut kept from being written are an end, unless a later record says that they
// were durable.
func TestPowerHoles(t *testing.T) {
	for _, synced := range []bool{false, true} {
		d, clock := newDisk(), new(testClock)
		c := small(d, clock)
		c.Durability, c.SegmentBytes = SyncNone, 1<<20
		j := open(t, c)
		r := j.Recorder()
		var before uint64
		for i := range 4 {
			add(r, 100)
			r.Commit()
			if synced && i == 2 {
				if err := j.Sync(); err != nil {
					t.Fatal(err)
				}
			}
			for want := r.Seq(); j.Stats().Written < want; r.ring.wake() {
			}
		}
		d = d.clone()
		closed(t, j)
		clear(d.file(1)[2*blockBytes : 3*blockBytes])
		got := readDisk(t, d)
		before = got.last
		if synced != (got.err != nil) || before < 10 || before > 100 || !synced && got.torn < blockBytes {
			t.Errorf("synced %v: %d records, torn %d, %v", synced, before, got.torn, got.err)
		}
		checkReopen(t, d, got)
	}
}
