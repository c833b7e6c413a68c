package ring

import (
	"errors"
	"testing"
)

func TestLimits(t *testing.T) {
	memory := func(n, slack int) error {
		m, err := NewMemory(n, slack)
		if err == nil {
			err = m.Close()
		}
		return err
	}
	frames := func(bytes, records int) error {
		f, err := NewSendRing(SendRingConfig{Bytes: bytes, Records: records})
		if err == nil {
			err = f.Close()
		}
		return err
	}
	spsc := func(n int) error { _, err := NewSPSC[byte](n); return err }
	mpsc := func(n int) error { _, err := NewMPSC[byte](n); return err }

	for _, test := range []struct {
		name string
		err  error
		want LimitError // Name "" means no error
	}{
		{"least memory", memory(1, 0), LimitError{}},
		{"most slack", memory(1, memorySlackMax), LimitError{}},
		{"no memory", memory(0, 0), LimitError{"Memory bytes", 0, 1, memoryBytesMax}},
		{"negative memory", memory(-1, 0), LimitError{"Memory bytes", -1, 1, memoryBytesMax}},
		{"too much memory", memory(memoryBytesMax+1, 0), LimitError{
			"Memory bytes", memoryBytesMax + 1, 1,
			memoryBytesMax,
		}},
		{"negative slack", memory(1, -1), LimitError{"Memory slack", -1, 0, memorySlackMax}},
		{"too much slack", memory(1, memorySlackMax+1), LimitError{
			"Memory slack", memorySlackMax + 1, 0,
			memorySlackMax,
		}},

		{"default frames", frames(0, 0), LimitError{}},
		{"least frames", frames(framesBytesMin, framesRecordsMin), LimitError{}},
		{"few bytes", frames(framesBytesMin-1, 0), LimitError{"SendRingConfig.Bytes", 63, 64, framesBytesMax}},
		{"negative bytes", frames(-1, 0), LimitError{"SendRingConfig.Bytes", -1, 64, framesBytesMax}},
		{"many bytes", frames(framesBytesMax+1, 0), LimitError{
			"SendRingConfig.Bytes", framesBytesMax + 1, 64,
			framesBytesMax,
		}},
		{"few records", frames(0, 1), LimitError{"SendRingConfig.Records", 1, 2, framesRecordsMax}},
		{"many records", frames(0, framesRecordsMax+1), LimitError{
			"SendRingConfig.Records", framesRecordsMax + 1, 2,
			framesRecordsMax,
		}},

		{"one slot", spsc(1), LimitError{}},
		{"no slot", spsc(0), LimitError{"SPSC slots", 0, 1, slotsMax}},
		{"many slots", spsc(slotsMax + 1), LimitError{"SPSC slots", slotsMax + 1, 1, slotsMax}},
		{"one slot", mpsc(1), LimitError{}},
		{"negative slots", mpsc(-5), LimitError{"MPSC slots", -5, 1, slotsMax}},
		{"many slots", mpsc(slotsMax + 1), LimitError{"MPSC slots", slotsMax + 1, 1, slotsMax}},
	} {
		var limit *LimitError
		switch {
		case test.want.Name == "":
			if test.err != nil {
				t.Errorf("%s: %v", test.name, test.err)
			}
		case !errors.As(test.err, &limit) || *limit != test.want:
			t.Errorf("%s: got %v, want %v", test.name, test.err, &test.want)
		}
	}

	const text = "ring: SendRingConfig.Records is 1, must be 2 to 1048576"
	if got := frames(0, 1).Error(); got != text {
		t.Errorf("text %q, want %q", got, text)
	}
}

func TestRounding(t *testing.T) {
	for _, test := range []struct{ n, want int }{
		{1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {1023, 1024}, {1025, 2048}, {1 << 30, 1 << 30},
	} {
		if got := powerOfTwo(test.n); got != test.want {
			t.Errorf("powerOfTwo(%d) = %d, want %d", test.n, got, test.want)
		}
	}
	f, err := NewSendRing(SendRingConfig{Bytes: 1000, Records: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, want := f.Config(), (SendRingConfig{Bytes: 1024, Records: 8}); got != want {
		t.Errorf("Config() = %+v, want %+v", got, want)
	}
	d, err := NewSendRing(SendRingConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if got, want := d.Config(), (SendRingConfig{Bytes: 1 << 20, Records: 1024}); got != want {
		t.Errorf("default Config() = %+v, want %+v", got, want)
	}
	s, _ := NewSPSC[int](5)
	m, _ := NewMPSC[int](1)
	if s.Cap() != 8 || m.Cap() != 2 {
		t.Errorf("Cap() = %d and %d, want 8 and 2", s.Cap(), m.Cap())
	}
}

// mustPanic runs f and fails unless it panics with a text that starts with BUG.
func mustPanic(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		text, _ := recover().(string)
		if len(text) < 10 || text[:10] != "BUG: ring:" {
			t.Errorf("%s: panic %q, want one that starts with BUG: ring:", name, text)
		}
	}()
	f()
}
