package steps

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if IsChild() {
		Child(tested())
	}
	os.Exit(m.Run())
}

var sum int // of a loop, so that it adds up

// loop is a path of n additions.
func loop(name string, n ...int) Path {
	return Path{Name: name, Calls: len(n), New: func() (func(int), error) {
		return func(i int) {
			x := 0
			for range n[i%len(n)] {
				x += i
			}
			sum = x
		}, nil
	}}
}

func tested() []Path {
	all := []Path{loop("ten", 10), loop("hundred", 100), loop("long", 3000), loop("both", 10, 100)}
	if os.Getenv("SMK_STEPS_FAILS") != "" {
		all = append(all, Path{Name: "fails", Calls: 1, New: func() (func(int), error) { return nil, errors.New("no work today") }})
	}
	return all
}

// TestCount: the same work takes the same instructions each time, more work more, in proportion, and
// however long it runs nothing of the runtime's is among them.
func TestCount(t *testing.T) {
	first, err := Count(tested())
	if errors.Is(err, ErrUnavailable) {
		t.Logf("not available: %v", err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	second, err := Count(tested())
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range tested() {
		if first[i] != second[i] {
			t.Errorf("%s: %d instructions, then %d", p.Name, first[i], second[i])
		}
	}
	ten, hundred, long, both := first[0], first[1], first[2], first[3]
	each := (hundred - ten) / 90
	if each < 1 || each > 10 || hundred-ten != each*90 || long-ten != each*2990 {
		t.Errorf("10, 100 and 3000 additions take %d, %d and %d instructions", ten, hundred, long)
	}
	if both < ten+hundred || both > ten+hundred+100 { // and a division each, to tell which is which
		t.Errorf("a round of both takes %d instructions, want those of each, %d and %d", both, ten, hundred)
	}
}

// TestChildFails tells whoever counts that the child could not work.
func TestChildFails(t *testing.T) {
	t.Setenv("SMK_STEPS_FAILS", "1")
	_, err := Count(tested())
	if errors.Is(err, ErrUnavailable) {
		t.Logf("not available: %v", err)
		return
	}
	if err == nil || !strings.HasPrefix(err.Error(), "fails: ") {
		t.Errorf("%v, want the path that failed", err)
	}
}
