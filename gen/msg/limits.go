package msg

import "github.com/smk-go/smk/internal/varint"

// Limits of what a decode accepts. An element of two bytes of payload can take much more memory, so
// repeated fields are bounded by count as well as by the length of the frame. Real traffic stays far
// below: a contract has at most 9,999 prices.
const (
	ContractsMax  = 4096                 // contract_quotes of one market_quotes, contracts of one market_state
	LevelsMax     = 16384                // bids or offers of one contract_quotes
	ExecutionsMax = 16384                // executions of one contract_quotes
	KeptMax       = 128                  // elements whose memory a repeated field keeps inside of an element used again
	ReasonsMax    = 64                   // reasons of one order_invalid
	GroupDepthMax = varint.GroupDepthMax // nested groups in a field the schema does not know
)
