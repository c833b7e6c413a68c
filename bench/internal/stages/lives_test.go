package stages

import "testing"

func TestX(t *testing.T) {
	s := quoting()
	if err := s.Do(200000); err != nil {
		t.Error(err)
	}
}
