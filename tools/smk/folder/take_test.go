package folder

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// TestTake takes a folder by several runs at once: one has it until it releases it, and none after it has left
// something there.
func TestTake(t *testing.T) {
	for range 50 {
		dir := filepath.Join(t.TempDir(), "out")
		var wait sync.WaitGroup
		var taken atomic.Int32
		var release atomic.Pointer[func() error]
		begin := make(chan struct{})
		for range 8 {
			wait.Go(func() {
				<-begin
				if r, err := Take(dir, 0o700); err == nil {
					taken.Add(1)
					release.Store(&r)
				}
			})
		}
		close(begin)
		wait.Wait()
		if n := taken.Load(); n != 1 {
			t.Fatalf("%d runs have the folder", n)
		}
		if err := os.WriteFile(filepath.Join(dir, "result.json"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := (*release.Load())(); err != nil {
			t.Fatal(err)
		}
		if _, err := Take(dir, 0o700); err == nil {
			t.Fatal("a folder with a result is taken")
		}
	}
}
