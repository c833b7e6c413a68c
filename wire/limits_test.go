package wire

import (
	"errors"
	"testing"
)

func TestLimitsResolve(t *testing.T) {
	good := []struct{ in, want Limits }{
		{Limits{}, Limits{16 << 20, 10}},
		{Limits{PayloadBytesMax: 1}, Limits{1, 10}},
		{Limits{HeaderBytesMax: 4}, Limits{16 << 20, 4}},
		{Limits{1 << 30, 5}, Limits{1 << 30, 5}},
		{Limits{1<<28 - 1, 4}, Limits{1<<28 - 1, 4}},
	}
	for _, c := range good {
		if got, err := c.in.Resolve(); err != nil || got != c.want {
			t.Errorf("%+v: %+v, %v", c.in, got, err)
		}
	}
	bad := []struct {
		in   Limits
		want LimitError
	}{
		{Limits{PayloadBytesMax: -1}, LimitError{"PayloadBytesMax", -1, 1, 1 << 30}},
		{Limits{PayloadBytesMax: 1<<30 + 1}, LimitError{"PayloadBytesMax", 1<<30 + 1, 1, 1 << 30}},
		{Limits{HeaderBytesMax: -1}, LimitError{"HeaderBytesMax", -1, 4, 10}},
		{Limits{HeaderBytesMax: 3}, LimitError{"HeaderBytesMax", 3, 4, 10}},
		{Limits{HeaderBytesMax: 11}, LimitError{"HeaderBytesMax", 11, 4, 10}},
		{Limits{1 << 28, 4}, LimitError{"HeaderBytesMax", 4, 5, 10}}, // four bytes do not spell 2^28
	}
	for _, c := range bad {
		_, err := c.in.Resolve()
		wantLimitError(t, err, c.want)
		_, _, err = Scan([]byte{0x80, 0x80, 0x80, 0}, c.in)
		wantLimitError(t, err, c.want)
		_, err = NewBuffer(0, c.in)
		wantLimitError(t, err, c.want)
	}
	for _, n := range []int{-1, 1, BlockBytesMin - 1, BlockBytesMax + 1} {
		_, err := NewBuffer(n, Limits{})
		wantLimitError(t, err, LimitError{"blockBytes", n, 64, 1 << 30})
	}
}

func wantLimitError(t *testing.T, err error, want LimitError) {
	t.Helper()
	var got *LimitError
	if !errors.As(err, &got) || *got != want {
		t.Errorf("error %v, want %v", err, &want)
	}
}
