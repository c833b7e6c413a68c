package statefile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func open(t *testing.T, fs FS, path string) *Store {
	t.Helper()
	s, err := Open(Config{FS: fs, Path: path, Owner: Owner{1, 2, 3}, Version: 7})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// write writes a payload.
func write(s *Store, payload string) error {
	_, err := s.Write(append(make([]byte, HeaderBytes), payload...), 42)
	return err
}

// payloadOf returns the payload of the image, "" if there is none.
func payloadOf(t *testing.T, s *Store) string {
	t.Helper()
	image, found, err := s.Read()
	if err != nil {
		t.Fatal(err)
	}
	if found && image.Saved != 42 {
		t.Errorf("saved at %d", image.Saved)
	}
	return string(image.Payload)
}

// TestAtomic fails each call of a second image, alone or with all after it, and lets the power go off: one of the two
// images is there, the second if Write returned nil. The next image is written all the same.
func TestAtomic(t *testing.T) {
	cases := 0
	for failAt, done := 1, false; !done; failAt++ {
		for _, all := range []bool{false, true} {
			d := newDisk()
			s := open(t, d, "/d/state")
			if err := write(s, "first"); err != nil {
				t.Fatal(err)
			}
			d.calls, d.failAt, d.all, d.log = 0, failAt, all, nil
			err := write(s, "the second")
			done = d.calls < failAt
			var typed *Error
			if err != nil && (!errors.As(err, &typed) || !errors.Is(err, errDisk)) || (err == nil) != done {
				t.Fatalf("call %d of %v fails: %v", failAt, d.log, err)
			}
			for _, names := range []bool{false, true} {
				for _, cut := range []int{0, 1, 30, 1000} {
					cases++
					got := payloadOf(t, open(t, d.crash(names, true, cut), "/d/state"))
					if got != "the second" && (err == nil || got != "first") {
						t.Errorf("call %d of %v fails: image %q after %v", failAt, d.log, got, err)
					}
				}
			}
			d.failAt = 0
			if err := write(s, "third"); err != nil {
				t.Errorf("after a failure: %v", err)
			}
			if got := payloadOf(t, open(t, d.crash(false, false, 0), "/d/state")); got != "third" {
				t.Errorf("after a failure: %q", got)
			}
		}
	}
	t.Logf("%d crashes", cases)
}

// TestImageRefused: an image that is cut or changed anywhere, of another owner or version, is refused with a typed
// error, and left as it is.
func TestImageRefused(t *testing.T) {
	d := newDisk()
	s := open(t, d, "/d/state")
	if err := write(s, "some payload"); err != nil {
		t.Fatal(err)
	}
	good := d.names["/d/state"].data
	refuse := func(what string, b []byte, want error) {
		t.Helper()
		d.names["/d/state"] = &inode{b, b}
		image, found, err := s.Read()
		var typed *Error
		if !errors.As(err, &typed) || want != nil && !errors.Is(err, want) || typed.Path != "/d/state" ||
			typed.Offset < 0 || typed.Offset > int64(len(b)) || found || image.Payload != nil {
			t.Errorf("%s: %v, %v", what, found, err)
		}
		if !bytes.Equal(d.names["/d/state"].data, b) {
			t.Errorf("%s: was changed", what)
		}
	}
	for n := range good {
		refuse(fmt.Sprint("cut at ", n), good[:n], ErrDamaged)
		for bit := range 8 {
			b := bytes.Clone(good)
			b[n] ^= 1 << bit
			refuse(fmt.Sprint("changed at ", n), b, nil)
		}
	}
	refuse("longer", append(bytes.Clone(good), 0), ErrDamaged)
	sealed := func(owner Owner, version uint32) []byte {
		return sealImage(append(make([]byte, HeaderBytes), "x"...), &owner, version, 42)
	}
	refuse("another owner", sealed(Owner{9}, 7), ErrForeign)
	refuse("another payload", sealed(Owner{1, 2, 3}, 8), ErrVersion)
	other := bytes.Clone(good)
	other[8]++
	refuse("another format", other, ErrVersion)
}

// TestLock: a second store of the same path is refused until the first is closed, on a real disk.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s := open(t, OS{}, path)
	if err := write(s, "first"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{FS: OS{}, Path: path}); !errors.Is(err, ErrInUse) {
		t.Errorf("a second one: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, OS{}, path)
	defer s.Close()
	if got := payloadOf(t, s); got != "first" {
		t.Errorf("%q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != fileMode {
		t.Errorf("%v %v", info, err)
	}
	_, err := Open(Config{FS: OS{}, Path: filepath.Join(path, "x", "state")})
	var typed *Error
	if !errors.As(err, &typed) {
		t.Errorf("without a folder: %v", err)
	}
}

// TestWriter: while the disk is slow nothing waits for it but Wait, which is patient only so long.
func TestWriter(t *testing.T) {
	d := newDisk()
	slow, begun := make(chan struct{}), make(chan struct{})
	d.onSync = func() { begun <- struct{}{}; <-slow }
	s := open(t, d, "/d/state")
	woken, read := make(chan struct{}, 10), make(chan struct{}, 10)
	text := "one"
	w := NewWriter(s, 100, func(b []byte) []byte { return append(b, text...) }, func() { read <- struct{}{} },
		func() { woken <- struct{}{} })
	w.Read()
	<-read
	w.Save(42)
	<-begun
	if w.Free() || w.Wait(0) {
		t.Error("free while the disk works")
	}
	slow <- struct{}{}
	<-woken
	if n, err := w.Result(); !w.Free() || n != 1 || err != nil {
		t.Errorf("%d images, %v", n, err)
	}
	if got := payloadOf(t, open(t, d.crash(false, false, 0), "/d/state")); got != "one" {
		t.Errorf("%q", got)
	}
	d.onSync, d.failAt, d.calls = nil, 1, 0
	text = "two"
	w.Save(42)
	<-woken
	if n, err := w.Result(); n != 1 || !errors.Is(err, errDisk) {
		t.Errorf("%d images, %v", n, err)
	}
	<-w.Close()
}
