#include "core/archive/manifest.h"
#include "core/base/json.h"
#include "tests/fuzz/targets.h"

std::string fuzz::manifest(std::string_view input)
{
    if (const auto format = ::archive::decodeFormat(input); format && !base::json::validate(input))
        return "a format that is no JSON was taken";
    const auto manifest = ::archive::decodeManifest(input);
    if (!manifest)
        return manifest.error().message.endsWith(QLatin1Char('.')) ? std::string()
                                                                   : "an error without a sentence";
    const std::string text = ::archive::encodeManifest(*manifest);
    const auto again = ::archive::decodeManifest(text);
    if (!again)
        return again.error().message.toStdString() + '\n' + text;
    return *again == *manifest ? std::string() : "written and read it is another: " + text;
}
