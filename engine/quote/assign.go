package quote

import "math"

// candidatesMax is how many orders of a side are matched with the levels of its wish; others are cancelled.
const candidatesMax = 2 * LevelsMax

// The parts of a cost, each worth more than all that is below it.
const (
	costMessage   = int64(1) << 50 // a message
	costPlace     = int64(1) << 44 // a place in the queue that is lost
	costDeviation = int64(1) << 24 // how far what is live is from its level, in 1/100 %
	costDistance  = int64(1) << 6  // how far an order has to move
	costWait      = int64(1)       // a message that cannot be sent now
	costNever     = int64(1) << 58 // not possible
)

// costs are what it costs to serve each level by each order, less what cancelling the order costs. The column after
// the orders is for a new order.
type costs [LevelsMax][candidatesMax + 1]int64

// assign finds, for each of m levels, the order out of n that serves it, or none, such that the sum is the
// least. It is the Hungarian method with one column for a new order per level.
func assign(c *costs, m, n int, match *[LevelsMax]int8) {
	const columns = candidatesMax + LevelsMax + 1
	var (
		rows     [LevelsMax + 1]int64 // potentials
		cols     [columns]int64
		owner    [columns]int8 // row of a column, 0 if none; column 0 is the row that is being placed
		previous [columns]int8
		least    [columns]int64
		done     [columns]bool
	)
	width := n + m
	for row := 1; row <= m; row++ {
		owner[0] = int8(row)
		for j := range width + 1 {
			least[j], done[j] = math.MaxInt64, false
		}
		at := 0
		for owner[at] != 0 {
			done[at] = true
			r := int(owner[at])
			delta, next := int64(math.MaxInt64), 0
			for j := 1; j <= width; j++ {
				if done[j] {
					continue
				}
				if d := c[r-1][min(j-1, n)] - rows[r] - cols[j]; d < least[j] {
					least[j], previous[j] = d, int8(at)
				}
				if least[j] < delta {
					delta, next = least[j], j
				}
			}
			for j := range width + 1 {
				if done[j] {
					rows[owner[j]] += delta
					cols[j] -= delta
				} else if least[j] != math.MaxInt64 {
					least[j] -= delta
				}
			}
			at = next
		}
		for at != 0 {
			owner[at] = owner[previous[at]]
			at = int(previous[at])
		}
	}
	for w := range m {
		match[w] = -1
	}
	for j := 1; j <= n; j++ {
		if r := owner[j]; r != 0 && c[r-1][j-1] < costNever/2 {
			match[r-1] = int8(j - 1)
		}
	}
}
