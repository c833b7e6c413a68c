package prove

import (
	"math/rand/v2"
	"time"
)

// jumpsEvery is how many days there are for one on which clocks are set, and jumpMost by how much at most.
const (
	jumpsEvery = 8
	jumpMost   = int64(time.Hour)
)

// drawJumps makes some days such that the clock of a bot's machine is set before each of its processes but the first:
// a process that runs does not see that.
func (s *Schedule) drawJumps() {
	s.Jumps = rand.New(rand.NewPCG(s.Seed, 0xc10c)).IntN(jumpsEvery) == 0
}

// clock returns the reading of the process's clock.
func (b *bot) clock() int64 { return b.world.now + b.ahead }

// jump sets the clock for the next process.
func (b *bot) jump() {
	if !b.world.schedule.Jumps {
		return
	}
	r := rand.New(rand.NewPCG(b.world.schedule.Seed, 0xc10c<<32|uint64(b.index)<<16|uint64(b.starts)))
	b.ahead = jumpMost
	if b.starts > 1 {
		b.ahead = r.Int64N(2*jumpMost + 1)
	}
}
