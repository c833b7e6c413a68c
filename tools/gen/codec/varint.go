package codec

import "google.golang.org/protobuf/compiler/protogen"

const varintPackage = protogen.GoImportPath(module + "internal/varint")

// What generated code uses of package varint.
var (
	varintContinuation = varintPackage.Ident("Continuation")
	varintEight        = varintPackage.Ident("Eight")
	varintFour         = varintPackage.Ident("Four")
	varintNinth        = varintPackage.Ident("Ninth")
	varintPutBefore    = varintPackage.Ident("PutBefore")
	varintRead         = varintPackage.Ident("Read")
	varintReadSpan     = varintPackage.Ident("ReadSpan")
	varintSize         = varintPackage.Ident("Size")
	varintSpread28     = varintPackage.Ident("Spread28")
	varintSpread32     = varintPackage.Ident("Spread32")
	varintSpread64     = varintPackage.Ident("Spread64")
	varintThree        = varintPackage.Ident("Three")
	varintTwo          = varintPackage.Ident("Two")
	varintTypeBytes    = varintPackage.Ident("TypeBytes")
)
