package ring

import "testing"

func TestMemory(t *testing.T) {
	for _, test := range []struct{ n, slack int }{
		{1, 0}, {1, 256}, {4096, 0}, {4096, 1}, {4095, 1}, {100_000, 256},
	} {
		m, err := NewMemory(test.n, test.slack)
		if err != nil {
			t.Fatal(err)
		}
		b, over := m.Bytes(), m.Overread()
		if len(b) != test.n || cap(b) != test.n {
			t.Errorf("%+v: Bytes() has length %d and capacity %d", test, len(b), cap(b))
		}
		if len(over) != test.n || cap(over) != test.n+test.slack || &over[0] != &b[0] {
			t.Errorf("%+v: Overread() has length %d and capacity %d", test, len(over), cap(over))
		}
		if m.Slack() != test.slack {
			t.Errorf("%+v: Slack() = %d", test, m.Slack())
		}
		for i := range b {
			b[i] = 0xff
		}
		for i, v := range over[test.n:cap(over)] {
			if v != 0 {
				t.Errorf("%+v: slack byte %d is %d", test, i, v)
			}
		}
		for range 2 {
			if err := m.Close(); err != nil {
				t.Errorf("%+v: Close: %v", test, err)
			}
			if m.Bytes() != nil || m.Overread() != nil || m.Slack() != 0 {
				t.Errorf("%+v: memory after Close", test)
			}
		}
	}
}

// An append to the block must copy, not run into the slack.
func TestMemoryAppendCopies(t *testing.T) {
	m, err := NewMemory(16, 16)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	_ = append(m.Bytes(), 1)
	if over := m.Overread(); over[:17][16] != 0 {
		t.Error("append wrote into the slack")
	}
}
