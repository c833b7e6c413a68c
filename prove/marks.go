package prove

import (
	"sync"

	"github.com/smk-go/smk/internal/marks"
)

// counting lets one day run at a time where marks are counted: they are counted for the whole process.
var counting sync.Mutex

// alone begins to count marks for one day, and returns what ends that.
func alone() (end func()) {
	if !marks.Enabled {
		return func() {}
	}
	counting.Lock()
	marks.Reset()
	return counting.Unlock
}

// reached returns the marks that were reached since [alone].
func reached() (all []marks.Mark) {
	if !marks.Enabled {
		return nil
	}
	for m := range marks.Count {
		if marks.Hits(m) > 0 {
			all = append(all, m)
		}
	}
	return all
}
