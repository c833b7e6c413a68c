package goal

// All is every goal in the order of the plan, the guards at the end. A ratio has the same two sides
// measured in turn in one run; what is ours stands where its name says.
func All() []Goal { return all }

var all = []Goal{
	{1, "executed/sum", "decode executed, ours / byte sum in Go", AtMost, 0.95, 0.75},
	{2, "executed/copy", "decode executed, ours / memcpy", AtMost, 6.5, 5},

	{3, "cpp/executed", "decode executed, C++ libprotobuf / ours", AtLeast, 4, 5},
	{3, "cpp/quotes", "decode quotes 10+10, C++ libprotobuf / ours", AtLeast, 4, 6},
	{3, "cpp/mixed", "decode mixed feed, C++ libprotobuf / ours", AtLeast, 3.5, 4.5},

	{4, "vt/executed", "decode executed, vtprotobuf pooled / ours", AtLeast, 15, 18},
	{4, "vt/quotes", "decode quotes 10+10, vtprotobuf pooled / ours", AtLeast, 14, 20},

	{5, "google/executed", "decode executed, google.golang.org/protobuf / ours", AtLeast, 30, 40},
	{5, "google/quotes", "decode quotes 10+10, google.golang.org/protobuf / ours", AtLeast, 45, 60},

	{6, "easy/executed", "decode executed, easyproto / ours", AtLeast, 5.5, 7},
	{6, "hyper/executed", "decode executed, hyperpb with a profile / ours", AtLeast, 12, 15},

	{7, "quotes/sum", "decode quotes 10+10, ours / byte sum in Go", AtMost, 1.0, 0.7},

	{8, "create/copy", "encode order frame, ours / memcpy", AtMost, 5, 4},
	{8, "vt/create", "encode order frame, vtprotobuf / ours", AtLeast, 3.3, 4},
	{8, "cpp/create", "encode order frame, C++ libprotobuf / ours", AtLeast, 1.8, 2.2},

	{9, "scan+decode/executed", "executed, scan and decode / decode alone", AtMost, 1.10, 1.03},
	{9, "scan+decode/mixed", "mixed feed, scan and decode / decode alone", AtMost, 1.10, 1.03},

	{10, "other order/executed", "one execution, fields in one other order / in order", AtMost, 7, 4},
	{10, "other order/quotes", "one book 10+10, fields in one other order / in order", AtMost, 7, 4},
	{10, "shuffled/executed", "different executions, fields in 1,024 orders / in order", AtMost, 7, 4},
	{10, "shuffled/quotes", "different quotes 10+10, fields in 1,024 orders / in order", AtMost, 7, 4},
	{10, "unknown/executed", "different executions, unknown fields between / without, per byte", AtMost, 7, 4},
	{10, "unknown/quotes", "different quotes 10+10, unknown fields between / without, per byte", AtMost, 7, 4},

	{11, "engine/floor p50", "round trip, engine / C busy polling, p50", AtMost, 1.05, 1.02},
	{11, "engine/floor p99", "round trip, engine / C busy polling, p99", AtMost, 1.10, 1.04},
	{11, "engine/floor p99.9", "round trip, engine / C busy polling, p99.9", AtMost, 1.25, 1.10},

	{12, "netconn/engine p50", "round trip, net.Conn with google protobuf / engine, p50", AtLeast, 2.5, 2.8},
	{12, "netconn/engine p99", "round trip, net.Conn with google protobuf / engine, p99", AtLeast, 5, 7},

	{13, "adaptive/floor p50", "round trip, spin then block / C busy polling, p50", AtMost, 1.06, 1.03},
	{13, "adaptive/floor p99", "round trip, spin then block / C busy polling, p99", AtMost, 1.10, 1.05},

	{14, "ring/line", "hand-over to a loop that looks at the ring alone / one cache line's transfer, p50", AtMost, 2, 1.2},
	{14, "handover/line", "hand-over to the spinning engine, which also looks at its socket / one cache line's transfer, p50", AtMost, 2, 1.2},
	{15, "wake/handover", "wake by a blocked eventfd / our hand-over, p50", AtLeast, 50, 100},

	{16, "tls/plain p50", "round trip, crypto/tls over our connection / plain, p50", AtMost, 1.22, none},
	{16, "tls/plain p99", "round trip, crypto/tls over our connection / plain, p99", AtMost, 1.25, none},

	{17, "records/plain", "round trip, own TLS record layer / plain, p50", AtMost, 1.15, 1.10},

	{18, "allocs/plain", "allocations per message, plain", AtMost, 0, 0},
	{18, "allocs/tls", "allocations per record read, crypto/tls", AtMost, 1, 0},

	{19, "stall/state", "longest stall in collections, 1 GiB of our state / none", AtMost, 2, 1.2},

	{20, "big/to slug", "identifier to slug, math/big / ours", AtLeast, 5, 8},
	{20, "big/from slug", "slug to identifier, math/big / ours", AtLeast, 8, 12},

	{Guard, "varied/executed", "decode executed, 1,024 different / one again and again", AtMost, 1.35, none},
	{Guard, "varied/create", "encode order frame, 1,024 different / one again and again", AtMost, 1.35, none},
	{Guard, "path/order", "engine, order out and answer in / encode and decode alone", AtMost, 2, none},
	{Guard, "path/trade", "engine, quote in, order out, answer in / codec alone", AtMost, 2, none},
	{Guard, "dispatch/scan+decode", "mixed feed, scan to handler / scan and decode alone", AtMost, 2, none},
	{Guard, "throughput", "mixed feed, scan to handler, million messages a second on one core", AtLeast, 10, none},
}
