package backtest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
)

// Sweep carries out n runs on several cores and returns their results in order. workers is how many at a time; 0 means
// one for each core. run is called from several goroutines; what it returns for a number must follow from that number.
// done, if not nil, is called after each run with how many are done, from one goroutine at a time. After an error no
// further run begins: the error names the first run that failed, and the results are nil but for those of runs that had
// ended or do so.
func Sweep(n, workers int, run func(i int) (*Result, error), done func(int)) ([]*Result, error) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	results, errs := make([]*Result, n), make([]error, n)
	var mu sync.Mutex // guards next, finished and failed
	next, finished, failed := 0, 0, false
	var all sync.WaitGroup
	for range min(workers, n) {
		all.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				stop := failed
				mu.Unlock()
				if i >= n || stop {
					return
				}
				r, err := run(i)
				mu.Lock()
				if err == nil && r == nil {
					err = errors.New("backtest: the run has no result")
				}
				if err != nil {
					errs[i], failed = err, true
				} else {
					results[i] = r
				}
				if finished++; done != nil {
					done(finished)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			return results, fmt.Errorf("run %d of %d: %w", i+1, n, err)
		}
	}
	return results, nil
}
