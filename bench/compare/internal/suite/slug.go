package suite

import (
	"context"
	"errors"
	"math/big"
	"math/rand/v2"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/uuid"
)

// slugs is how many identifiers take turns, a power of two.
const slugs = 1 << 10

// slugBase is that of the slugs in the exchange's addresses.
const slugBase = 36

// slug measures identifiers to text and back, and the same numbers with math/big, which is given
// what it can use again.
func slug(_ context.Context, o Options, r *Results) error {
	rng := rand.New(rand.NewPCG(21, 11))
	format := uuid.SlugFormat{Base: slugBase, Bare: true}
	var ids [slugs]uuid.UUID
	var numbers [slugs]*big.Int // with the tag, as in the slug
	var texts [slugs]string
	for i := range ids {
		ids[i] = uuid.New128(uuid.ContractGroup, rng.Uint64(), rng.Uint64())
		texts[i] = ids[i].Slug(format)
		var ok bool
		if numbers[i], ok = new(big.Int).SetString(texts[i], slugBase); !ok || numbers[i].Text(slugBase) != texts[i] {
			return errors.New("math/big does not agree with " + texts[i])
		}
	}
	buf, z := make([]byte, 0, 64), new(big.Int)
	errText := errors.New("a slug does not parse")
	results, err := measure.Run(o.Config, []measure.Variant{
		{Name: "to slug", Loop: func(n int) error {
			for i := range n {
				buf = ids[i%slugs].AppendSlug(buf[:0], format)
			}
			return nil
		}},
		{Name: "to slug, math/big", Loop: func(n int) error {
			for i := range n {
				buf = numbers[i%slugs].Append(buf[:0], slugBase)
			}
			return nil
		}},
		{Name: "from slug", Loop: func(n int) error {
			for i := range n {
				if _, err := uuid.ParseSlugBase(texts[i%slugs], slugBase); err != nil {
					return err
				}
			}
			return nil
		}},
		{Name: "from slug, math/big", Loop: func(n int) error {
			for i := range n {
				if _, ok := z.SetString(texts[i%slugs], slugBase); !ok {
					return errText
				}
			}
			return nil
		}},
	})
	if err != nil {
		return err
	}
	r.set("big/to slug", results[1].Ratio(results[0]))
	r.set("big/from slug", results[3].Ratio(results[2]))
	return nil
}
