/** Filters that compute sound from sound, and each option of theirs that may be given. */
export const SOUND = `
  acompressor level_in mode threshold ratio attack release makeup knee link detection level_sc mix
  acontrast contrast
  acrusher level_in level_out bits mix mode dc aa samples lfo lforange lforate
  adeclick window w overlap o arorder a threshold t burst b method m
  adeclip window w overlap o arorder a threshold t hsize n method m
  adelay delays all
  aecho in_gain out_gain delays decays
  aexciter level_in level_out amount drive blend freq ceil listen
  afade type t start_sample ss nb_samples ns start_time st duration d curve c
  afftdn noise_reduction nr noise_floor nf noise_type nt band_noise bn residual_floor rf track_noise tn track_residual tr output_mode om adaptivity ad floor_offset fo noise_link nl band_multiplier bm sample_noise sn gain_smooth gs
  aformat sample_fmts f sample_rates r channel_layouts cl
  afwtdn sigma levels wavet percent profile adaptive samples softness
  agate level_in mode range threshold ratio attack release makeup knee detection link level_sc
  alimiter level_in level_out limit attack release asc asc_level level latency
  allpass frequency f width_type t width w mix m channels c normalize n order o transform a precision r
  anequalizer params curves size mgain fscale colors
  anlmdn strength s patch p research r output o smooth m
  anull
  aphaser in_gain out_gain delay decay speed type
  apsyclip level_in level_out clip diff adaptive iterations level
  apulsator level_in level_out mode amount offset_l offset_r width timing bpm ms hz
  aresample sample_rate
  asetnsamples nb_out_samples n pad p
  asettb expr tb
  asoftclip type threshold output param oversample
  asplit outputs
  asubboost dry wet boost decay feedback cutoff slope delay channels
  asubcut cutoff order level
  asupercut cutoff order level
  bandpass frequency f width_type t width w csg mix m channels c normalize n transform a precision r blocksize b
  bandreject frequency f width_type t width w mix m channels c normalize n transform a precision r blocksize b
  bass frequency f width_type t width w gain g poles p mix m channels c normalize n transform a precision r blocksize b
  biquad a0 a1 a2 b0 b1 b2 mix m channels c normalize n transform a precision r blocksize b
  channelmap map channel_layout
  channelsplit channel_layout channels
  chorus in_gain out_gain delays decays speeds depths
  compand attacks decays points soft-knee gain volume delay
  crossfeed strength range slope level_in level_out block_size
  crystalizer i c
  dcshift shift limitergain
  deesser i m f s
  dialoguenhance original enhance voice
  dynaudnorm framelen f gausssize g peak p maxgain m targetrms r coupling n correctdc c altboundary b compress s threshold t channels h overlap o
  earwax
  equalizer frequency f width_type t width w gain g mix m channels c normalize n transform a precision r blocksize b
  extrastereo m c
  flanger delay depth regen width speed shape phase interp
  haas level_in level_out side_gain middle_source middle_phase left_delay left_balance left_gain left_phase right_delay right_balance right_gain right_phase
  highpass frequency f width_type t width w poles p mix m channels c normalize n transform a precision r blocksize b
  highshelf frequency f width_type t width w gain g poles p mix m channels c normalize n transform a precision r blocksize b
  loudnorm/3 I i LRA lra TP tp measured_I measured_i measured_LRA measured_lra measured_TP measured_tp measured_thresh offset linear dual_mono print_format
  lowpass frequency f width_type t width w poles p mix m channels c normalize n transform a precision r blocksize b
  lowshelf frequency f width_type t width w gain g poles p mix m channels c normalize n transform a precision r blocksize b
  mcompand args
  pan args
  speechnorm peak p expansion e compression c threshold t raise r fall f channels h invert i link l
  stereotools level_in level_out balance_in balance_out softclip mutel muter phasel phaser mode slev sbal mlev mpan base delay sclevel phase bmode_in bmode_out
  stereowiden delay feedback crossfeed drymix
  superequalizer 1b 2b 3b 4b 5b 6b 7b 8b 9b 10b 11b 12b 13b 14b 15b 16b 17b 18b
  surround chl_out chl_in level_in level_out lfe lfe_low lfe_high lfe_mode angle fc_in fc_out fl_in fl_out fr_in fr_out sl_in sl_out sr_in sr_out bl_in bl_out br_in br_out bc_in bc_out lfe_in lfe_out allx ally fcx flx frx blx brx slx srx bcx fcy fly fry bly bry sly sry bcy win_size win_func overlap
  tiltshelf frequency f width_type t width w gain g poles p mix m channels c normalize n transform a precision r blocksize b
  treble frequency f width_type t width w gain g poles p mix m channels c normalize n transform a precision r blocksize b
  tremolo f d
  vibrato f d
  virtualbass cutoff strength
  volume volume precision eval replaygain replaygain_preamp replaygain_noclip
`
