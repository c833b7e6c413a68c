package stages

import "testing"

func TestX(t *testing.T) {
	g := Orders()
	if err := g.Stages[3].Do(6000000); err != nil {
		t.Error(err)
	}
}
