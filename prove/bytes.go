package prove

import (
	"slices"
	"time"

	"github.com/smk-go/smk/sim/fault"
)

// FromBytes makes a day of bytes, for fuzzing: whatever they are, the day is one that has to end well. The first eleven
// decide about bots, network and faults, and each six that follow about a step.
func FromBytes(b []byte) Schedule {
	next := func() (v byte) {
		if len(b) > 0 {
			v, b = b[0], b[1:]
		}
		return v
	}
	s := Schedule{Seed: uint64(next()), History: 1 << 14}
	s.Duration, s.Agents = time.Duration(1+next()%5)*time.Second, int(next())%100
	s.Latency, s.Jitter = time.Duration(next())*100*time.Microsecond, time.Duration(next())*50*time.Microsecond
	s.Partial, s.Persist, s.Bots = next()%2 == 0, Persist(next()%3), lineups[int(next())%len(lineups)]
	for range 3 {
		if k := fault.Kind(next()) % fault.Kinds; survivable(k) {
			s.Faults.Chance[k] = min(20_000, faultMax(k))
		}
	}
	for len(b) > 0 && len(s.Steps) < stepsMax {
		s.Steps = append(s.Steps, Step{
			Kind: Kind(next()) % Kinds, At: s.Duration * time.Duration(next()) / 256, Bot: int(next()) % len(s.Bots),
			For: time.Duration(1+uint64(next())*uint64(next())%4096) * time.Millisecond,
			N:   uint64(next()) * 0x0101010101010101,
		})
	}
	slices.SortStableFunc(s.Steps, func(a, b Step) int { return int(a.At - b.At) })
	return s
}
