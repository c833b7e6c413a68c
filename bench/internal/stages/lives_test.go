package stages

import "testing"

func TestX(t *testing.T) {
	if err := Gate().Stages[2].Do(200000); err != nil {
		t.Error(err)
	}
}
func TestY(t *testing.T) {
	if err := Gate().Stages[1].Do(2000000); err != nil {
		t.Error(err)
	}
}
