"""`python -m kdcore ...`"""

import sys

from kdcore.cli.main import main

sys.exit(main())
