#include "core/base/version.h"

namespace base {

const char *versionText()
{
    return FM_VERSION;
}

} // namespace base
