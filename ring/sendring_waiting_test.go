package ring

import "testing"

func TestFramesWaiting(t *testing.T) {
	f, err := NewSendRing(SendRingConfig{Bytes: 256, Records: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	put := func(seq uint64) {
		t.Helper()
		if _, err := f.Reserve(8); err != nil {
			t.Fatal(err)
		}
		f.Commit(8, Record{Seq: seq})
	}
	want := func(n int) {
		t.Helper()
		if got := f.Waiting(); got != n {
			t.Fatalf("%d frames wait, want %d", got, n)
		}
	}
	want(0)
	put(1)
	put(2)
	put(0) // a copy is not kept and does not count
	want(2)
	f.Written(9)
	want(1) // the second has left in part
	f.Written(15)
	want(0)
	put(3)
	f.Drop()
	want(0)
}
