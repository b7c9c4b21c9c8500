"""Families of Debian's free fonts by the dozen, of which some are the evaluation's alone.

A line is a folder and faces in it. A family is trained or held with all its faces.
"""

import draw

SANS = """truetype/adf GilliusADF-Regular.otf GilliusADF-Bold.otf UniversalisADFStd-Regular.otf
truetype/adf UniversalisADFStd-Bold.otf VeranaSans-Regular.otf VeranaSans-Bold.otf LibrisADFStd-Regular.otf
truetype/adf SwitzeraADF-Regular.otf SwitzeraADF-Bold.otf SwitzeraADF-Light.otf SwitzeraADF-Cond.otf
truetype/adf IkariusADFStd-Regular.otf
opentype/b612 B612-Regular.otf B612-Bold.otf
opentype/cabin Cabin-Regular.otf Cabin-Bold.otf
truetype/clear-sans ClearSans-Regular.ttf ClearSans-Bold.ttf ClearSans-Light.ttf
truetype/comfortaa Comfortaa-Regular.ttf Comfortaa-Bold.ttf
truetype/crosextra Carlito-Regular.ttf Carlito-Bold.ttf Carlito-Italic.ttf
opentype/dosis Dosis-Book.otf Dosis-Bold.otf
fonts-go Go-Regular.ttf Go-Bold.ttf
opentype/junction Junction.otf
opentype/jura Jura-Medium.otf Jura-Bold.otf
opentype/linux-libertine LinBiolinum_R.otf LinBiolinum_RB.otf
opentype/national-park NationalPark-Regular.otf
truetype/noto NotoSans-Regular.ttf NotoSans-Bold.ttf NotoSans-Italic.ttf NotoSansDisplay-Regular.ttf
truetype/open-sans OpenSans-Regular.ttf OpenSans-Bold.ttf OpenSans-Light.ttf
truetype/opendin OSP-DIN.ttf
truetype/oxygen Oxygen-Sans.ttf Oxygen-Sans-Bold.ttf
truetype/play Play-Regular.ttf Play-Bold.ttf
truetype/roboto/unhinted/RobotoTTF Roboto-Regular.ttf Roboto-Light.ttf Roboto-Bold.ttf Roboto-Italic.ttf
truetype/andika Andika-Regular.ttf
opentype/sora Sora-Regular.otf Sora-SemiBold.otf
opentype/league-spartan LeagueSpartan-Regular.otf
opentype/yanone-kaffeesatz YanoneKaffeesatz-Regular.otf
truetype/tuffy Tuffy.ttf Tuffy_Bold.ttf
truetype/averia-gwf AveriaSansGWF-Regular.ttf
truetype/cmu cmunss.ttf cmunsx.ttf
truetype/tiresias tiresias_infofont.ttf
truetype/osifont osifont.ttf
opentype/opendyslexic OpenDyslexic-Regular.otf
opentype/urw-base35 NimbusSans-Regular.otf NimbusSans-Bold.otf NimbusSansNarrow-Regular.otf
opentype/urw-base35 URWGothic-Book.otf URWGothic-Demi.otf
opentype/cantarell Cantarell-Regular.otf Cantarell-Bold.otf
truetype/dejavu DejaVuSans.ttf DejaVuSans-Bold.ttf DejaVuSans-Oblique.ttf DejaVuSansCondensed.ttf
truetype/dejavu DejaVuSans-ExtraLight.ttf
truetype/liberation2 LiberationSans-Regular.ttf LiberationSans-Bold.ttf LiberationSans-Italic.ttf
truetype/freefont FreeSans.ttf FreeSansBold.ttf
truetype/arkpandora Aerial.ttf Veranda.ttf VerandaBd.ttf"""
SERIF = """truetype/adf AccanthisADFStd-Regular.otf BaskervaldADFStd.otf BaskervaldADFStd-Bold.otf
truetype/adf RomandeADFStd-Regular.otf
opentype/arapey Arapey-Regular.otf
opentype/ebgaramond EBGaramond12-Regular.otf EBGaramond12-Bold.otf
opentype/linux-libertine LinLibertine_R.otf LinLibertine_RB.otf
truetype/noto NotoSerif-Regular.ttf NotoSerif-Bold.ttf
truetype/fonts-oldstandard OldStandard-Regular.ttf
opentype/fonts-prociono Prociono.otf
opentype/quattrocento Quattrocento-Regular.otf
opentype/roboto/slab RobotoSlab-Regular.otf RobotoSlab-Bold.otf
truetype/charis CharisSIL-Regular.ttf CharisSIL-Bold.ttf
opentype/urw-base35 C059-Roman.otf P052-Roman.otf P052-Bold.otf NimbusRoman-Regular.otf URWBookman-Light.otf
truetype/vollkorn Vollkorn-Regular.ttf Vollkorn-Bold.ttf
truetype/fonts-yrsa-rasa Yrsa-Regular.ttf
truetype/cmu cmunrm.ttf cmunbx.ttf
opentype/stix-word STIX-Regular.otf
truetype/arkpandora Tymes.ttf
truetype/crosextra Caladea-Regular.ttf Caladea-Bold.ttf
truetype/dejavu DejaVuSerif.ttf DejaVuSerif-Bold.ttf
truetype/freefont FreeSerif.ttf FreeSerifBold.ttf
truetype/liberation2 LiberationSerif-Regular.ttf LiberationSerif-Bold.ttf LiberationSerif-Italic.ttf"""
MONO = """truetype/agave agave-r-autohinted.ttf
opentype/b612 B612Mono-Regular.otf
truetype/fantasque-sans/Normal/TTF FantasqueSansMono-Regular.ttf
fonts-go Go-Mono.ttf
truetype/hermit Hermit-medium.otf
truetype/jetbrains-mono JetBrainsMono-Regular.ttf JetBrainsMono-Bold.ttf
truetype/monoid Monoid-Regular.ttf
truetype/mononoki mononoki-Regular.ttf
truetype/noto NotoSansMono-Regular.ttf
truetype/oxygen OxygenMono-Regular.ttf
opentype/urw-base35 NimbusMonoPS-Regular.otf NimbusMonoPS-Bold.otf
truetype/cmu cmuntt.ttf
truetype/firacode FiraCode-Regular.ttf FiraCode-Bold.ttf
opentype/unifont unifont.otf
truetype/arkpandora AerialMono.ttf
truetype/dejavu DejaVuSansMono.ttf DejaVuSansMono-Bold.ttf
truetype/hack Hack-Regular.ttf Hack-Bold.ttf
truetype/freefont FreeMono.ttf FreeMonoBold.ttf
truetype/liberation2 LiberationMono-Regular.ttf LiberationMono-Bold.ttf"""
HELD_FACES = """truetype/lato Lato-Regular.ttf Lato-Bold.ttf
opentype/inter Inter-Regular.otf Inter-Medium.otf
truetype/paratype PTS55F.ttf PTS75F.ttf PTF55F.ttf
truetype/manrope Manrope-Medium.ttf
truetype/karla Karla-Regular.otf Karla-Bold.otf
truetype/quicksand Quicksand-Medium.ttf
truetype/gentiumplus GentiumPlus-Regular.ttf
../wine/fonts tahoma.ttf tahomabd.ttf
truetype/inconsolata Inconsolata.otf
opentype/comic-neue ComicNeue-Regular.otf"""


def faces(table: str) -> list[list[str]]:
    """Names of faces for `draw.font_of`, family by family (a folder is a family, or nearly)."""
    folders: dict[str, list[str]] = {}
    for line in table.splitlines():
        folder, *names = line.split()
        folders.setdefault(folder, []).extend(f"{folder}/{name}" for name in names)
    return list(folders.values())


WIDE = {"sans": faces(SANS), "serif": faces(SERIF), "mono": faces(MONO)}
HELD = [face for family in faces(HELD_FACES) for face in family]


def wider(rng, family: list[str]) -> list[str]:
    """A family of the same sort as `draw`'s list, with many more to choose from."""
    sort = "serif" if family is draw.SERIF else "mono" if family is draw.MONO else "sans"
    return rng.choice(WIDE[sort])
