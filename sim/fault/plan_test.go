package fault_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/sim/fault"
)

func TestParse(t *testing.T) {
	p, err := fault.Parse("drop=1%,delay=0.05,half-open=100%,delay-max=1s")
	want := fault.Plan{DelayMax: time.Second}.With(10_000, fault.Drop).With(50_000, fault.Delay).
		With(fault.Million, fault.HalfOpen)
	if err != nil || p != want {
		t.Errorf("%v, %v", p, err)
	}
	if p, err := fault.Parse("none"); err != nil || !p.Inactive() {
		t.Errorf("none is %v, %v", p, err)
	}
	for text, want := range map[string]string{
		"":               `"" is not a fault; there are drop, duplicate,`,
		"lag=1%":         `"lag" is not a fault`,
		"drop":           `drop: "" is not a chance such as 1% or 0.01`,
		"drop=101%":      `drop: "101%" is not a chance`,
		"drop=-1%":       `drop: "-1%" is not a chance`,
		"drop=NaN":       `drop: "NaN" is not a chance`,
		"drop=1%,drop=1": `"drop" is given twice`,
		"delay-max=1":    `delay-max: "1" is not a duration of at most 1h`,
		"delay-max=2h":   `delay-max: "2h" is not a duration of at most 1h`,
	} {
		if _, err := fault.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// A plan that is formatted can be parsed again.
func TestPlanText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		p := fault.Swarm(r)
		again, err := fault.Parse(p.String())
		if err != nil || again != p {
			t.Fatalf("%v became %v, %v", p, again, err)
		}
	}
	if s := (fault.Plan{}).String(); s != "none" {
		t.Errorf("a good connection is %q", s)
	}
	if s := fault.Kinds.String(); s != "unknown kind" {
		t.Errorf("no kind is %q", s)
	}
}
