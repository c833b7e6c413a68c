package envelope

import "testing"

// BenchmarkParse reads envelopes through Parse and through its slow path alone. "Equal" is the shape of a
// feed; "mixed" is every shape there is, which no branch predictor learns.
func BenchmarkParse(b *testing.B) {
	var equal, mixed [][]byte
	all := vectors(b)
	for i := range 1000 {
		mixed = append(mixed, all[i*7%len(all)].payload)
	}
	for _, v := range all {
		for range 1000 {
			if v.name == "order accepted" {
				equal = append(equal, v.payload)
			}
		}
	}
	for _, stream := range []struct {
		name     string
		payloads [][]byte
	}{{"equal", equal}, {"mixed", mixed}} {
		for _, c := range []struct {
			name  string
			parse func([]byte) (Envelope, error)
		}{
			{"Parse", Parse},
			{"any", parseAny},
		} {
			b.Run(stream.name+"/"+c.name, func(b *testing.B) {
				b.ReportAllocs()
				var sum uint64
				for b.Loop() {
					for _, payload := range stream.payloads {
						env, err := c.parse(payload)
						if err != nil {
							b.Fatal(err)
						}
						sum += env.Seq
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(len(stream.payloads))/float64(b.N),
					"ns/payload")
			})
		}
	}
}
