package betfair

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/smk-go/smk/gen/seto"
)

// TestManyFiles imports more files than are open at a time: those that do not overlap are closed before the next ones
// are opened, and those that do are refused.
func TestManyFiles(t *testing.T) {
	for _, end := range []int{0, 1000} { // of each file, behind its beginning
		dir := t.TempDir()
		var files []string
		for n := openMax + 10; n > 0; n-- {
			file := filepath.Join(dir, fmt.Sprint(n))
			var text string
			for _, at := range []int{n, n + end} {
				text += fmt.Sprintf(`{"op":"mcm","pt":%d,"mc":[{"id":"1.7","rc":[{"id":1,"atb":[[2,%d]]}]}]}`+"\n",
					at, n)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		report, err := Import(t.Context(), Config{Files: files, Dir: filepath.Join(dir, "journal")})
		if end == 0 && (err != nil || report.Lines != 2*len(files)) || end > 0 && !errors.Is(err, ErrOverlap) {
			t.Errorf("%d ms long: %d lines, %v", end, report.Lines, err)
		}
	}
}

// TestSameTime takes the lines of one time in the order in which their files were named.
func TestSameTime(t *testing.T) {
	m := &merge{files: []*file{
		{index: 2, next: &change{Time: 5}}, {index: 0, next: &change{Time: 6}}, {index: 1, next: &change{Time: 5}},
	}}
	if f := m.earliest(); f.index != 1 {
		t.Errorf("the first one is file %d", f.index)
	}
}

// TestRemoveOnce says of each runner once that it is removed, and of none of them that it is reduced since.
func TestRemoveOnce(t *testing.T) {
	m := &market{order: []uint32{1, 2, 3}, removed: map[uint32]float64{1: 10}, gone: map[uint32]bool{}}
	states := func() (list []string) {
		for _, c := range m.remove() {
			kind := "voided"
			if c.GetState() == seto.ContractStateType_CONTRACT_STATE_REDUCED {
				kind = fmt.Sprint("reduced by ", c.GetReduceFactor())
			}
			list = append(list, fmt.Sprint(c.GetContractId(), " ", kind))
		}
		return list
	}
	if got := states(); !slices.Equal(got, []string{"1 voided", "2 reduced by 1000", "3 reduced by 1000"}) {
		t.Errorf("%q", got)
	}
	m.removed[2] = 20
	if got := states(); !slices.Equal(got, []string{"2 voided", "3 reduced by 2000"}) {
		t.Errorf("%q", got)
	}
	if got := states(); len(got) > 0 {
		t.Errorf("%q", got)
	}
}
