package schema

// form is what is asked of a value beyond its type.
type form uint8

const (
	formNone        form = iota
	formName             // no control characters
	formLanguages        // Accept-Language
	formLocale           // a language tag, "_" may stand for "-"
	formTimezone         // a name of the IANA database
	formCountry          // ISO 3166-1 alpha-2
	formPageURL          // the URL of a page
	formImageURL         // the URL of an image
	formCertificate      // base64 of exactly one DER certificate
)
