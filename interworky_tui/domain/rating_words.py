"""Words beside a number, English and Spanish: by which it is a time or a quantity, no rating.

All are folded: lower case, without accents and marks.
"""


def _all(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _counting(words: str) -> dict[str, int]:
    return {word: number for number, word in enumerate(words.split())}


NUMBERS = _counting("zero one two three four five six seven eight nine ten") | _counting(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez"
)
FOR = frozenset({"for", "para", "por"})
PLEASE = frozenset({"please", "pls", "plz"})
_MONTHS = _all(
    "january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sep sept oct nov dec"
    " enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre"
    " diciembre"
)
UNITS = _all(
    "h hr hrs hour hours min mins minute minutes sec secs second seconds day days week weeks"
    " month months year years yr yrs times people visits"
    " hora horas minuto minutos segundo segundos dia dias semana semanas mes meses ano anos"
    " vez veces personas visitas"
)
_TIMES = _all(
    "am pm oclock uhr ish night nights fortnight noon morning afternoon evening tomorrow today"
    " tonight yesterday later earlier late early sharp half quarter past ago old"
    " monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri"
    " sat sun noche manana tarde punto hoy media lunes martes miercoles jueves viernes sabado"
    " domingo"
)
_RANGES = _all(
    "or to and of out til till until thru through between minus plus times x"
    " o y e u de del hasta menos mas"
)
_TALK = _all(
    "is isnt are were works work working suits suit would will wont can cant could should be at on"
    " in from by before after with next last this that more other another"
    " additional extra whole off away left en con es son antes despues favor otro otra"
    " new old missed small big little different young adult free open spare much many real sure"
    " ever u us"
)
_COUNTED = _all(
    "person child children kid adult man men woman women patient guest friend family member tooth"
    " teeth foot feet mile km cm kg lb mg ml tablet pill dose bottle box question thing time word"
    " reason visit appointment appt slot session room seat chair place bed dollar euro eur usd gbp"
    " pound buck cent percent pct street st nd rd th avenue ave road block floor number degree"
    " hundred thousand crown filling implant moment mo ft inch persona nino nina hijo"
    " hija pregunta cosa cita diente muela pastilla dolar peso"
)
OTHERWISE = _MONTHS | UNITS | _TIMES | _RANGES | _TALK | _COUNTED | FOR | PLEASE
"""Right behind a number."""
OTHERWISE_PARTED = _MONTHS | _TIMES | {"or", "o"}
"""Behind a number and a mark, as in "5. March"; of the rest a new clause may be."""
ENDS_IN_S = _all(
    "thanks thx yes always its thats is was has as his this us gracias muchas los las sus"
    " sometimes besides does"
)
"""No plurals of something that is counted."""
IRREGULAR = _all("people children men women teeth feet")
EACH = _all("a an per each every")
"""As in "2 a day"."""
RECOMMENDED = _all("recommend definitely highly come go return use")
"""Behind "would" and "will"."""
RATED = _all(
    "everything everyone your being such service staff the cleanliness friendliness kindness care"
    " todo el la"
)
"""Behind "for"."""
